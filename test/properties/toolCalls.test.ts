import {
  array,
  type Arbitrary,
  boolean,
  constantFrom,
  integer,
  nat,
  property,
  record,
  string,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolCallAssembler } from '../../providers/openaiChat/toolCalls.ts';
import type { WireToolCall } from '../../providers/openaiChat/wire.ts';
import { Blocks } from '../../providers/wire/blocks.ts';
import type { StreamChunk } from '../../src/index.ts';
import { holds } from './runs.ts';

/** A call as the model means it. */
interface Meant {
  readonly toolName: string;
  readonly arguments: { readonly call: number; readonly text: string };
  /** Where its arguments are cut. */
  readonly cuts: readonly number[];
}

/** How a server tells the pieces of calls apart. */
interface Habit {
  readonly index: 'its own' | 'from 1' | 'always 0' | 'none';
  readonly id: 'its own' | 'shared' | 'none' | 'empty';
  /** On which pieces the id stands. */
  readonly idOn: 'first' | 'second' | 'all';
  readonly nameOn: 'first' | 'all' | 'first, then empty' | 'first, then null';
}

const meant: Arbitrary<Meant[]> = array(
  record({
    toolName: constantFrom('weather', 'time'),
    text: string({ maxLength: 8 }),
    cuts: array(nat(30), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 4 },
).map((calls) => calls.map(({ text, ...rest }, call) => ({ ...rest, arguments: { call, text } })));

const names = constantFrom<Habit['nameOn']>('first', 'all', 'first, then empty', 'first, then null');
const order = array(nat(3), { maxLength: 40 });
const together = integer({ min: 1, max: 3 });

/** Every piece tells by its index which call is meant, whatever its id. */
const byIndex: Arbitrary<Habit> = record({
  index: constantFrom<Habit['index']>('its own', 'from 1'),
  id: constantFrom<Habit['id']>('its own', 'none', 'empty'),
  idOn: constantFrom<Habit['idOn']>('first', 'second', 'all'),
  nameOn: names,
});

/** Every piece tells by its id which call is meant, whatever its index. */
const byId: Arbitrary<Habit> = record({
  index: constantFrom<Habit['index']>('its own', 'from 1', 'always 0', 'none'),
  id: constantFrom<Habit['id']>('its own'),
  idOn: constantFrom<Habit['idOn']>('all'),
  nameOn: names,
});

const any: Arbitrary<Habit> = record({
  index: constantFrom<Habit['index']>('its own', 'from 1', 'always 0', 'none'),
  id: constantFrom<Habit['id']>('its own', 'shared', 'none', 'empty'),
  idOn: constantFrom<Habit['idOn']>('first', 'second', 'all'),
  nameOn: names,
});

function piecesOf(call: Meant, number: number, habit: Habit): WireToolCall[] {
  const text = JSON.stringify(call.arguments);
  const cuts = [
    0,
    ...call.cuts.map((cut) => cut % text.length).sort((one, other) => one - other),
    text.length,
  ];
  const texts = cuts.slice(1).map((end, position) => text.slice(cuts[position], end));
  const index = { 'its own': number, 'from 1': number + 1, 'always 0': 0, none: undefined }[habit.index];
  const id = { 'its own': `call_${number}`, shared: 'call_0', none: undefined, empty: '' }[habit.id];

  return texts.map((piece, position) => {
    const hasId = habit.idOn === 'all' || position === (habit.idOn === 'first' || texts.length === 1 ? 0 : 1);
    const name = position === 0 || habit.nameOn === 'all' ? call.toolName : laterNames[habit.nameOn];
    return {
      ...(index !== undefined && { index }),
      ...(hasId && id !== undefined && { id }),
      function: { ...(name !== undefined && { name }), arguments: piece },
    };
  });
}

const laterNames = { first: undefined, all: undefined, 'first, then empty': '', 'first, then null': null };

/** The pieces of all calls: call by call, or mixed in the given order with each call's own order kept. */
function mix(calls: readonly WireToolCall[][], turns: readonly number[]): WireToolCall[] {
  const left = calls.map((pieces) => [...pieces]);
  const mixed: WireToolCall[] = [];
  for (const turn of turns) {
    // A later call never begins before an earlier one has.
    const begun = left.findLastIndex((pieces, at) => pieces.length < (calls[at]?.length ?? 0)) + 1;
    const piece = left[turn % Math.min(left.length, begun + 1)]?.shift();
    if (piece) mixed.push(piece);
  }
  return [...mixed, ...left.flat()];
}

function assemble(pieces: readonly WireToolCall[], atOnce: number): StreamChunk[] {
  const chunks: StreamChunk[] = [];
  const assembler = new ToolCallAssembler(new Blocks(), (chunk) => chunks.push(chunk));
  for (let at = 0; at < pieces.length; at += atOnce) assembler.add(pieces.slice(at, at + atOnce));
  assembler.end(false);
  return chunks;
}

function validOf(chunks: readonly StreamChunk[]): unknown[] {
  return chunks.flatMap((chunk) =>
    chunk.type === 'tool-call' ? [{ toolName: chunk.toolName, arguments: chunk.arguments }] : [],
  );
}

const byCall = (calls: readonly Meant[]) =>
  calls.map(({ toolName, arguments: args }) => ({ toolName, arguments: args }));

describe('the pieces of tool calls', () => {
  it.each([
    ['index', byIndex],
    ['id', byId],
  ])('in any order make the calls that are meant, where each piece has its own %s', (_, habits) => {
    holds(
      property(meant, habits, order, (calls, habit, turns) => {
        const pieces = mix(
          calls.map((call, number) => piecesOf(call, number, habit)),
          turns,
        );

        expect(validOf(assemble(pieces, 1))).toEqual(expect.arrayContaining(byCall(calls)));
        expect(validOf(assemble(pieces, 1))).toHaveLength(calls.length);
      }),
    );
  });

  it('call by call are assembled or rejected, never mixed, whatever is missing, repeated or shared', () => {
    holds(
      property(meant, any, boolean(), (calls, habit, isOneEvent) => {
        const whole = calls.map((call) => (isOneEvent ? { ...call, cuts: [] } : call));
        const pieces = whole.flatMap((call, number) => piecesOf(call, number, habit));
        const chunks = assemble(pieces, isOneEvent ? pieces.length : 1);
        const wanted = byCall(calls).map((call) => JSON.stringify(call));
        const got = validOf(chunks).map((call) => JSON.stringify(call));

        expect(wanted).toEqual(expect.arrayContaining(got));
        expect(new Set(got).size).toBe(got.length);
      }),
    );
  });

  it('obey the grammar: each call is announced once, and closed once', () => {
    holds(
      property(meant, any, order, together, (calls, habit, turns, atOnce) => {
        const chunks = assemble(
          mix(
            calls.map((call, number) => piecesOf(call, number, habit)),
            turns,
          ),
          atOnce,
        );
        const blocks = (...types: string[]) =>
          chunks.flatMap((chunk) =>
            types.includes(chunk.type) && 'block' in chunk ? [chunk.block ?? -1] : [],
          );

        expect(blocks('tool-call-start')).toEqual([...new Set(blocks('tool-call-start'))]);
        expect(blocks('tool-call', 'tool-call-invalid').toSorted((one, other) => one - other)).toEqual(
          blocks('tool-call-start'),
        );
      }),
    );
  });
});
