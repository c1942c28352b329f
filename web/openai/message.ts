import type { ChatDelta, ChatMessage, ChatToolCallDelta } from './wire.ts';

/** A tool call while it grows. */
interface GrowingCall {
  id: string;
  name: string;
  text: string;
}

/** Joins deltas to the message that they are pieces of. */
export class CollectedMessage {
  readonly #joined = { content: '', refusal: '', reasoning_content: '' };
  readonly #calls: GrowingCall[] = [];

  add({ content = '', refusal = '', reasoning_content: thinking = '', tool_calls: calls }: ChatDelta): void {
    this.#joined.content += content;
    this.#joined.refusal += refusal;
    this.#joined.reasoning_content += thinking;
    for (const call of calls ?? []) this.#addCall(call);
  }

  get told(): ChatMessage {
    const { content, refusal, reasoning_content: thinking } = this.#joined;
    const isSilent = content === '' && (this.#calls.length > 0 || refusal !== '');
    return {
      role: 'assistant',
      content: isSilent ? null : content,
      refusal: refusal === '' ? null : refusal,
      ...(thinking !== '' && { reasoning_content: thinking }),
      ...(this.#calls.length > 0 && {
        tool_calls: this.#calls.map(({ id, name, text }) => ({
          id,
          type: 'function',
          function: { name, arguments: text },
        })),
      }),
    };
  }

  #addCall({ index, id = '', function: { name = '', arguments: text } }: ChatToolCallDelta): void {
    const call = (this.#calls[index] ??= { id, name, text: '' });
    call.text += text;
  }
}
