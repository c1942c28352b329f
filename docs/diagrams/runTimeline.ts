import { compileFunction } from 'node:vm';
import { isDeepStrictEqual } from 'node:util';
import { defer, isObservable, type Observable, type OperatorFunction, type Subscription } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { isRxllmError, type LanguageModel, type StreamChunk } from '../../src/index.ts';
import * as agents from '../../agents/index.ts';
import * as models from '../../models/index.ts';
import * as operators from '../../operators/index.ts';
import type { ChunkValues } from '../../testing/index.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';
import { type TestMessage } from '../../testing/chunkMessages.ts';
import { type Cold, Input } from './input.ts';
import { fits } from './meanings.ts';
import { origin, readMarks } from './readMarks.ts';
import type { TimelineDiagram, TimelineRow } from './readTimeline.ts';
import { draw, type RecordedMark, type RecordedRow } from './recordedRow.ts';

/** What a timeline needs that a comment has no room for. */
export interface DiagramFacts {
  /** What letters of the inputs stand for where the comment says less than all. */
  readonly values?: ChunkValues;
  /** Labels of rows that are no inputs although they have no call: what is recorded. */
  readonly outputs?: readonly string[];
  /** Names that the calls use, beside those of the library and the labels. */
  readonly names?: (stage: Stage) => Readonly<Record<string, unknown>>;
  /** What of a result is the chunk of an input, for a function that adds facts to it. */
  readonly read?: (value: unknown) => unknown;
  /** Timelines for the page that a comment has no room for, in the same notation. */
  readonly further?: readonly { readonly title: string; readonly timelines: string }[];
}

/** What the names of {@link DiagramFacts} are made of. */
interface Stage {
  /** The input of that label, as a stream of chunks or values. */
  readonly input: <T>(label: string) => Observable<T>;
  /** A stream that is no row. */
  readonly stream: (marbles: string) => Observable<unknown>;
  /** A model whose answers are the inputs of these labels, in turn. */
  readonly model: (...labels: readonly string[]) => LanguageModel;
  /** Writes down a value in the row of that label, which is then no input. */
  readonly record: (label: string, value: unknown) => void;
}

/** Runs a diagram in virtual time: its calls, fed with its inputs, and what came of them. */
export function runTimeline(diagram: TimelineDiagram, facts: DiagramFacts = {}): RecordedRow[] {
  const scheduler = new TestScheduler(() => undefined);
  return scheduler.run(({ flush }) => {
    const run = new Run(scheduler, diagram, facts);
    flush();
    return run.rows;
  });
}

/** What is to be told of a row: what happened, and of an input all that is written of it. */
interface SeenRow extends Omit<RecordedRow, 'label' | 'expected' | 'actual'> {
  readonly written: readonly RecordedMark[];
}

/** What is written down of a row that is no input. */
class Recording {
  readonly messages: TestMessage[] = [];
  subscribedFrame = Infinity;
  unsubscribedFrame = Infinity;
}

class Run {
  readonly #scheduler: TestScheduler;
  readonly #diagram: TimelineDiagram;
  readonly #facts: DiagramFacts;
  readonly #inputs = new Map<string, Input>();
  readonly #recordings = new Map<TimelineRow, Recording>();
  /** What the letters of the inputs were. */
  readonly #values = new Map<string, unknown[][]>();

  constructor(scheduler: TestScheduler, diagram: TimelineDiagram, facts: DiagramFacts) {
    this.#scheduler = scheduler;
    this.#diagram = diagram;
    this.#facts = facts;
    for (const row of diagram.rows)
      if (row.call === undefined && !facts.outputs?.includes(row.label)) this.#addInput(row);

    const names: Record<string, unknown> = { ...operators, ...models, ...agents };
    for (const label of this.#inputs.keys()) names[label] = this.#input(label);
    Object.assign(names, facts.names?.(this.#stage));
    for (const { name, code } of diagram.definitions) names[name] = evaluate(code, names);
    for (const row of diagram.rows) {
      if (row.call === undefined) continue;
      const result = this.#toStream(evaluate(row.call, names), row);
      names[row.label] = result;
      this.#record(row, result);
    }
  }

  get rows(): RecordedRow[] {
    return this.#diagram.rows.map((row) => {
      const { label, call, offset, marbles } = row;
      const isInput = this.#inputs.has(label) && call === undefined;
      const { written, ...seen } = isInput ? this.#inputOf(label) : this.#outputOf(row);
      return {
        label,
        ...(call !== undefined && { call }),
        ...seen,
        expected: ' '.repeat(offset) + marbles,
        actual: draw(written, seen.subscribedFrame),
      };
    });
  }

  readonly #stage: Stage = {
    input: <T>(label: string) => this.#input(label) as Observable<T>,
    stream: (marbles) => this.#toCold(this.#readMarks(marbles)),
    model: (...labels) => {
      const answers = inTurn(labels.map((label) => this.#input(label) as Observable<StreamChunk>));
      return { ...origin, capabilities: fakeCapabilities, stream: () => answers };
    },
    record: (label, value) => {
      const row = this.#diagram.rows.find((each) => each.label === label);
      if (!row) throw new Error(`The timeline has no row '${label}'`);
      const recording = this.#recordings.get(row) ?? new Recording();
      this.#recordings.set(row, recording);
      recording.subscribedFrame = Math.min(recording.subscribedFrame, this.#scheduler.frame);
      recording.messages.push({ frame: this.#scheduler.frame, notification: { kind: 'N', value } });
    },
  };

  #input(label: string): Observable<unknown> {
    const input = this.#inputs.get(label);
    if (!input) throw new Error(`The timeline has no input '${label}'`);
    return input.stream;
  }

  #addInput({ label, marbles }: TimelineRow): void {
    const marks = this.#readMarks(marbles);
    this.#inputs.set(label, new Input(this.#toCold(marks), marks));
  }

  #readMarks(marbles: string): RecordedMark[] {
    return readMarks(marbles, this.#diagram, this.#facts.values);
  }

  #toCold(marks: readonly RecordedMark[]): Cold {
    const cold = this.#scheduler.createColdObservable('');
    cold.messages = marks.flatMap(({ messages }) => messages);
    for (const { letter, messages } of marks) {
      const values = messages.flatMap(({ notification }): unknown[] =>
        notification.kind === 'N' ? [notification.value] : [],
      );
      this.#values.set(letter, [...(this.#values.get(letter) ?? []), values]);
    }
    return cold;
  }

  /** A stream as it is, an operator behind the source, a model when it is asked. */
  #toStream(result: unknown, { call = '' }: TimelineRow): Observable<unknown> {
    if (isObservable(result)) return result;
    if (typeof result === 'function') return this.#source.pipe(result as OperatorFunction<unknown, unknown>);
    if (typeof result === 'object' && result !== null && 'stream' in result) {
      return (result as LanguageModel).stream('Hello');
    }
    throw new TypeError(`${call} is no operator, no stream and no model`);
  }

  /** The input of that name, or one after the other those that are counted: `1st try`, `2nd try`. */
  get #source(): Observable<unknown> {
    const counted = [...this.#inputs].filter(([label]) => /^\d/.test(label)).map(([, { stream }]) => stream);
    return this.#inputs.has('source') ? this.#input('source') : inTurn(counted);
  }

  #record(row: TimelineRow, stream: Observable<unknown>): void {
    const { offset, marbles } = row;
    const recording = new Recording();
    this.#recordings.set(row, recording);
    let open: Subscription | undefined;
    const take = (notification: TestMessage['notification']) =>
      recording.messages.push({ frame: this.#scheduler.frame, notification });
    this.#scheduler.schedule(() => {
      recording.subscribedFrame = this.#scheduler.frame;
      open = stream.subscribe({
        next: (value) => take({ kind: 'N', value: this.#facts.read?.(value) ?? value }),
        error: (error: unknown) => take({ kind: 'E', error }),
        complete: () => take({ kind: 'C' }),
      });
    }, offset);
    const left = marbles.indexOf('!');
    if (left >= 0) {
      this.#scheduler.schedule(() => {
        recording.unsubscribedFrame = this.#scheduler.frame;
        open?.unsubscribe();
      }, offset + left);
    }
  }

  #inputOf(label: string): SeenRow {
    const input = this.#inputs.get(label);
    const logs = input?.cold.subscriptions ?? [];
    const subscribedFrame = logs[0]?.subscribedFrame ?? Infinity;
    const written = (input?.marks ?? []).map((mark) => shift(mark, subscribedFrame));
    const marks = written.slice(0, input?.delivered);
    const left = Math.max(...logs.map(({ unsubscribedFrame }) => unsubscribedFrame));
    const hasLeft = left !== Infinity && !'|#'.includes(marks.at(-1)?.letter ?? '-');
    return { isInput: true, subscribedFrame, marks, written, ...(hasLeft && { unsubscribedFrame: left }) };
  }

  #outputOf(row: TimelineRow): SeenRow {
    const { messages, subscribedFrame, unsubscribedFrame } = this.#recordings.get(row) ?? new Recording();
    const letters = row.marbles.replaceAll(/[-()]/g, '');
    const marks: RecordedMark[] = [];
    let at = 0;
    for (const [index, message] of messages.entries()) {
      // A letter may stand for several.
      if (index < at) continue;
      const mark = this.#markOf(message, messages.slice(index), letters.charAt(marks.length));
      marks.push(mark);
      at = index + mark.messages.length;
    }
    const hasLeft = unsubscribedFrame !== Infinity;
    if (hasLeft) marks.push({ letter: '!', frame: unsubscribedFrame, messages: [] });
    return { isInput: false, subscribedFrame, ...(hasLeft && { unsubscribedFrame }), marks, written: marks };
  }

  /** What happened from there on, by the letter that is expected if it is that, else by any that fits. */
  #markOf(first: TestMessage, rest: readonly TestMessage[], expected: string): RecordedMark {
    const { frame, notification } = first;
    const one = (letter: string) => ({ letter, frame, messages: [first] });
    if (notification.kind === 'C') return one('|');
    if (notification.kind === 'E') {
      const { error } = notification as { readonly error: unknown };
      const meanings = this.#diagram.meanings.get('#') ?? [];
      return one(isRxllmError(error) && fits(error, meanings, () => false) ? '#' : '?');
    }
    for (const letter of [expected, ...this.#values.keys(), ...this.#diagram.meanings.keys()]) {
      for (const values of this.#values.get(letter) ?? []) {
        const same = rest.slice(0, values.length);
        if (
          same.length === values.length &&
          same.length > 0 &&
          same.every((each, index) => isSame(each, frame, values[index]))
        ) {
          return { letter, frame, messages: same };
        }
      }
      const meanings = this.#diagram.meanings.get(letter);
      if (this.#values.has(letter) || !meanings) continue;
      if (fits(notification.value, meanings, (value, each) => this.#isOf(value, each))) return one(letter);
    }
    return one('?');
  }

  #isOf(value: unknown, letter: string): boolean {
    return (this.#values.get(letter) ?? []).some(([only]) => isDeepStrictEqual(value, only));
  }
}

/** A chunk is the same where it is equal; its text alone is the same, too. */
function isSame({ frame, notification }: TestMessage, at: number, value: unknown): boolean {
  if (notification.kind !== 'N' || frame !== at) return false;
  const text = typeof value === 'object' && value !== null && 'text' in value ? value.text : undefined;
  return isDeepStrictEqual(notification.value, value) || (text !== undefined && notification.value === text);
}

function inTurn<T>(streams: readonly Observable<T>[]): Observable<T> {
  const turns = streams.values();
  return defer(() => {
    const { value } = turns.next();
    if (!value) throw new Error('The timeline has fewer inputs than there are subscriptions');
    return value;
  });
}

function shift(mark: RecordedMark, by: number): RecordedMark {
  return { ...mark, frame: mark.frame + by };
}

function evaluate(call: string, names: Readonly<Record<string, unknown>>): unknown {
  const known = Object.keys(names).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  const run = compileFunction(`return ${call}`, known) as (...values: unknown[]) => unknown;
  return run(...known.map((name) => names[name]));
}
