import type { Script } from '../stage/playedModel.ts';

const forecast = `It is **cold** in Bern: \`-2 °C\` with light snow. So yes, take a coat.

1. A *winter* coat
2. Gloves, and a hat
   - wool is warmest
   - cotton gets wet

| hour  | °C  | sky        |
|-------|----:|------------|
| 09:00 |  -2 | light snow |
| 12:00 |   0 | clouds     |
| 15:00 |   1 | sun        |

To decide it by yourself tomorrow:

\`\`\`ts
const needsCoat = (celsius: number): boolean => {
  // Below ten degrees.
  return celsius < 10;
};
\`\`\`

> There is no bad weather, only the wrong clothes.`;

/** A model that knows the weather, can write a file, and remembers what it was told. */
export const script: Script = (messages) => {
  const said = messages.filter(({ role }) => role === 'user').map(({ content }) => textOf(content));
  const [last = '', ...before] = said.reverse();
  const answered = messages.at(-1)?.role === 'tool';

  if (/weather|coat|snow|cold/i.test(last)) {
    return answered
      ? { text: forecast }
      : {
          thinking: 'The answer depends on the weather, so I look it up first.',
          text: 'Let me look outside.',
          calls: [{ name: 'weather', arguments: { city: 'Bern' } }],
        };
  }
  if (/write|save|note/i.test(last)) {
    return answered
      ? {
          text: textOf(messages.at(-1)?.content).includes('characters')
            ? 'It is written.'
            : 'Then I leave it.',
        }
      : {
          text: 'I write it down.',
          calls: [{ name: 'write_file', arguments: { name: 'note.md', text: before[0] ?? last } }],
        };
  }
  return {
    thinking: 'Nothing to look up here.',
    text:
      (before.length === 0
        ? `You say “${last}”, and it is the first thing I hear.`
        : `You say “${last}”. Before that: ${before
            .reverse()
            .map((text) => `“${text}”`)
            .join(', ')}.`) +
      '\n\nThis model is played by a server in this process. Ask it about the **weather**, or to **write** a note; ' +
      'or ask a real one with `--model`.',
  };
};

function textOf(content: Parameters<Script>[0][number]['content'] | undefined): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('');
}
