import type { Script } from './playedModel.ts';

/** A model that tells what it remembers. */
export const script: Script = (messages) => {
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => textOf(content));
  const [last = '', ...before] = said.reverse();
  const memory =
    before.length === 0 ? 'That is the first thing I hear.' : `Before that: ${quote(before.reverse())}.`;
  return { text: `You say ${quote([last])}. ${memory}` };
};

function quote(texts: readonly string[]): string {
  return texts.map((text) => `“${text}”`).join(', ');
}

function textOf(content: Parameters<Script>[0][number]['content']): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('');
}
