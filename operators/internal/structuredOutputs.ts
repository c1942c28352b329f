import { concat, concatMap, defer, filter, map, type ObservableInput, type OperatorFunction } from 'rxjs';
import type { FinishReason, RestartChunk, StreamChunk, ToolCallChunk } from '../../src/chunk.ts';
import { StructuredOutputError } from '../../src/errors.ts';
import { formatIssues, type Schema, type SchemaIssue, validate, type Validation } from '../../src/schema.ts';
import type { JsonDocument } from './jsonDocument.ts';
import { OpenCall } from './openCall.ts';

/** A document of a model call: its text, or the arguments of one tool call. */
export interface Output {
  readonly document: JsonDocument;
  /** How many model calls came before, void attempts aside. */
  readonly call: number;
  /** Of arguments, those of the tool call; of text, -1 and none. */
  readonly block: number;
  readonly toolCallId: string;
  /** Of arguments; that of text is kept for the `partial` anyway. */
  text: string;
  isEmpty: boolean;
  /** Whether the subscriber has seen something of it. */
  isShown: boolean;
}

/** Makes the error for what is wrong with the value of an output. */
export type Misfit = (output: Output, issues: readonly SchemaIssue[]) => StructuredOutputError;

/** What an operator makes of the outputs of one subscription. */
export interface OutputHandler<Result> {
  /** The reader of a new output. */
  open(): JsonDocument;
  /** More of the output has come, and maybe changed its value. */
  grow(output: Output, isChanged: boolean): ObservableInput<Result> | undefined;
  /** The output is complete. */
  end(output: Output, value: unknown): ObservableInput<Result>;
  /** The output is void. */
  drop(output: Output, restart: RestartChunk): readonly Result[];
}

/** Reads the text of every call, or with `toolName` the arguments of every call of that tool, as JSON. */
export function readOutputs<Result>(
  toolName: string | undefined,
  handle: (misfit: Misfit) => OutputHandler<Result>,
): OperatorFunction<StreamChunk, Result> {
  return (source) =>
    defer(() => {
      const reader = new OutputReader(toolName, handle);
      return concat(
        source.pipe(map((chunk) => reader.take(chunk))),
        defer(() => [reader.end()]),
      ).pipe(
        filter((results) => results !== undefined),
        concatMap((results) => results),
      );
    });
}

/** The result of a validation; at once where the schema answers at once. */
export function settle<Value, Result>(
  schema: Schema<Value>,
  value: unknown,
  toResult: (value: Value) => Result,
  toError: (issues: readonly SchemaIssue[]) => StructuredOutputError,
): ObservableInput<Result> {
  const decide = (checked: Validation<Value>): Result => {
    if (!checked.valid) throw toError(checked.issues);
    return toResult(checked.value);
  };
  const checked = validate(schema, value);
  return checked instanceof Promise ? checked.then(decide) : [decide(checked)];
}

/** Ends of a call that has not answered yet, or is not to answer any more. */
const unanswered: readonly FinishReason[] = ['tool-calls', 'pause', 'aborted'];

/** Ends that another attempt would have too. */
const finalEnds: Partial<Record<FinishReason, string>> = {
  length: 'was cut off',
  limit: 'was cut off',
  'content-filter': 'was stopped by a filter',
  refusal: 'was refused',
};

class OutputReader<Result> {
  readonly #toolName: string | undefined;
  readonly #handler: OutputHandler<Result>;
  readonly #call = new OpenCall('all');
  /** Those of the open call, by block. */
  readonly #outputs = new Map<number, Output>();
  #calls = -1;
  /** Arguments that are not JSON, or not all of it. */
  #broken: Output | undefined;

  constructor(toolName: string | undefined, handle: (misfit: Misfit) => OutputHandler<Result>) {
    this.#toolName = toolName;
    this.#handler = handle((output, issues) =>
      this.#toError(output, `does not fit its schema: ${formatIssues(issues)}`, issues),
    );
  }

  take(chunk: StreamChunk): ObservableInput<Result> | undefined {
    const isVoid = this.#call.isOpen;
    this.#call.take(chunk);
    const isText = this.#toolName === undefined;
    switch (chunk.type) {
      case 'start':
        this.#calls += 1;
        if (isText) this.#open();
        return undefined;
      case 'text-delta':
        return isText ? this.#grow(this.#outputs.get(-1) ?? this.#open(), chunk.text) : undefined;
      case 'tool-call-start':
        if (chunk.toolName === this.#toolName) this.#open(chunk.block, chunk.toolCallId);
        return undefined;
      case 'tool-call-delta': {
        const output = this.#outputs.get(chunk.block);
        return output && this.#grow(output, chunk.argumentsDelta);
      }
      case 'tool-call':
        return chunk.toolName === this.#toolName ? this.#complete(chunk) : undefined;
      case 'tool-call-invalid':
        this.#broken ??= this.#outputs.get(chunk.block);
        return undefined;
      case 'restart': {
        const outputs = [...this.#outputs.values()];
        if (isVoid) this.#calls -= 1;
        this.#clear();
        return outputs.flatMap((output) => this.#handler.drop(output, chunk));
      }
      case 'finish':
        return this.#finish(chunk.reason);
      default:
        return undefined;
    }
  }

  /** Ends the stream; what breaks the grammar and has no finish ends here too. */
  end(): ObservableInput<Result> | undefined {
    return this.#outputs.get(-1)?.isEmpty ? undefined : this.#finish('other');
  }

  #open(block = -1, toolCallId = ''): Output {
    const document = this.#handler.open();
    const call = Math.max(this.#calls, 0);
    const output = { document, call, block, toolCallId, text: '', isEmpty: true, isShown: false };
    this.#outputs.set(block, output);
    return output;
  }

  #clear(): void {
    this.#outputs.clear();
    this.#broken = undefined;
  }

  #grow(output: Output, text: string): ObservableInput<Result> | undefined {
    output.isEmpty &&= text === '';
    if (output.block >= 0) output.text += text;
    return this.#handler.grow(output, output.document.write(text));
  }

  #complete({ block, toolCallId, arguments: value }: ToolCallChunk): ObservableInput<Result> {
    const output = this.#outputs.get(block) ?? this.#open(block, toolCallId);
    if (!output.isEmpty) return this.#handler.end(output, value);
    // Some providers tell the arguments only when they are complete.
    const grown = this.#grow(output, JSON.stringify(value)) ?? [];
    return concat(
      grown,
      defer(() => this.#handler.end(output, value)),
    );
  }

  #finish(reason: FinishReason): ObservableInput<Result> | undefined {
    const output = this.#outputs.get(-1);
    const broken = this.#broken;
    this.#clear();
    if (broken && reason !== 'aborted') throw this.#toFault(broken, reason);
    if (!output || unanswered.includes(reason)) return undefined;
    if (output.document.end()) throw this.#toFault(output, reason);
    return this.#handler.end(output, output.document.value);
  }

  /** The error for an output that is not JSON. */
  #toFault(output: Output, reason: FinishReason): StructuredOutputError {
    const { message, path = [], position } = output.document.end() ?? { message: 'it is no object' };
    const why = `${finalEnds[reason] ?? 'is not JSON'}: ${message}`;
    return this.#toError(output, why, [{ message, path }], { position, retryable: !(reason in finalEnds) });
  }

  #toError(
    { text, block }: Output,
    why: string,
    issues: readonly SchemaIssue[],
    {
      retryable = true,
      position,
    }: { readonly retryable?: boolean; readonly position?: number | undefined } = {},
  ): StructuredOutputError {
    const { details } = this.#call;
    const isText = block < 0;
    const name = isText ? 'The answer' : `A call of the tool "${this.#toolName ?? ''}"`;
    const path = issues[0]?.path ?? [];
    return new StructuredOutputError(`${name} ${why}`, {
      ...details,
      ...{ retryable, issues, path, position, text: isText ? (details.partial?.().text ?? '') : text },
    });
  }
}
