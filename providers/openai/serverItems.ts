import type { JsonObject, JsonValue } from '../../src/json.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import { OutputItem } from './items.ts';
import type { WireItem } from './wire.ts';

/**
 * The call of a tool that is OpenAI's: web search, code interpreter, MCP, … Its result is the whole item, which is
 * also what goes back.
 */
export class ServerCallItem extends OutputItem {
  #item: WireItem = {};
  #toolCallId = '';
  #toolName = '';
  #block: number | undefined;

  protected override open(item: WireItem): void {
    this.#item = item;
    this.#announce();
  }

  protected close(whole: WireItem | undefined): void {
    if (whole) this.#item = whole;
    const block = this.#announce();
    const item = this.#item;
    const call = { toolCallId: this.#toolCallId, toolName: this.#toolName, providerExecuted: true };

    this.answer.emit({ type: 'tool-call', ...call, arguments: toArguments(item), block });
    // One that was not completed is not signed, so that it does not go back.
    if (whole) this.sign(block, { type: item.type ?? '', ...(item.id && { id: item.id }) });
    this.answer.emit({
      type: 'tool-result',
      ...call,
      result: item,
      isError: !whole || hasFailed(item),
      durationMs: 0,
      block: this.answer.blocks.next(),
    });
  }

  #announce(): number {
    if (this.#block !== undefined) return this.#block;
    const block = (this.#block = this.answer.blocks.next());
    this.#toolCallId = this.#item.call_id ?? this.#item.id ?? `call_${block}`;
    this.#toolName = this.#item.name ?? toToolName(this.#item);
    this.answer.emit({
      type: 'tool-call-start',
      toolCallId: this.#toolCallId,
      toolName: this.#toolName,
      block,
    });
    return block;
  }
}

/** The result of a server's tool, where it is an item of its own. */
export class ServerOutputItem extends OutputItem {
  protected close(item: WireItem | undefined): void {
    if (!item) return;
    const block = this.answer.blocks.next();
    this.answer.emit({
      type: 'tool-result',
      toolCallId: item.call_id ?? item.id ?? `call_${block}`,
      toolName: item.name ?? toToolName(item),
      result: item,
      isError: hasFailed(item),
      durationMs: 0,
      providerExecuted: true,
      block,
    });
  }
}

/** What is neither content nor a call, a compaction or a list of tools for instance: kept, so that it goes back. */
export class OpaqueItem extends OutputItem {
  protected close(item: WireItem | undefined): void {
    if (item) this.sign(this.answer.blocks.next(), item as JsonObject);
  }
}

/** `web_search_call` is the call of `web_search`, `shell_call_output` the result of `shell`. */
function toToolName({ type }: WireItem): string {
  return (type ?? '').replace(/(_call)?_output$|_call$/, '');
}

/** The fields that hold what a server's tool was asked, where the item has no `arguments` or `action`. */
const argumentNames = ['query', 'queries', 'code', 'input', 'operation', 'actions', 'revised_prompt'];

function toArguments(item: WireItem): JsonObject {
  const { arguments: args, action } = item;
  if (typeof args === 'string') return parseArguments(args).arguments ?? {};
  const whole = [args, action].find((value) => typeof value === 'object' && value !== null);
  if (whole) return whole as JsonObject;
  return Object.fromEntries(
    argumentNames.flatMap((name) => (item[name] == null ? [] : [[name, item[name] as JsonValue]])),
  );
}

function hasFailed({ status, error }: WireItem): boolean {
  return status === 'failed' || status === 'incomplete' || error != null;
}
