import { array, boolean, constantFrom, nat, option, property, record } from 'fast-check';
import { concatMap, defer, delay, EMPTY, from, map, of, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  agent,
  type Agent,
  memoryStore,
  session,
  type SessionRecord,
  type SessionStore,
  tool,
} from '../../agents/index.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import type { LanguageModel, Message, ModelRequest } from '../../src/index.ts';
import { fromText, inVirtualTime } from '../../testing/index.ts';
import { call } from '../properties/calls.ts';
import { holds } from '../properties/runs.ts';
import { faultsOf } from './runs.ts';
import { logOf } from './sessions.ts';

/** What a user does: says something, and may leave or press stop; or decides on what waits. */
const step = record({
  does: constantFrom('send', 'send', 'resume'),
  calls: array(call, { minLength: 1, maxLength: 3 }),
  /** Milliseconds between the chunks of the model. */
  pace: constantFrom(0, 30, 200),
  failsAt: option(nat(20)),
  stopsAt: option(nat(900)),
  leavesAt: option(nat(900)),
  isApproved: boolean(),
});
type Step = typeof step extends { generate(...args: never[]): { readonly value: infer Value } }
  ? Value
  : never;

const parameters = z.object({ city: z.string() });
const tools = [
  tool({ name: 'weather', parameters, execute: () => 'sunny' }),
  tool({
    name: 'slow',
    parameters,
    approve: () => ['later'],
    execute: () => timer(300).pipe(map(() => 'done')),
  }),
];

/** An agent whose model makes these calls, one after the other, then answers with a word. */
function agentOf({ calls, pace, failsAt }: Step): Agent {
  const turns = calls.values();
  return agent({
    tools,
    model: modelOf(() => {
      const chunks = turns.next().value;
      if (!chunks) return fromText('Done.');
      const cut = failsAt ?? Infinity;
      return from(chunks).pipe(
        concatMap((chunk, index) =>
          index === cut ? throwError(() => new StreamInterruptedError('cut')) : of(chunk).pipe(delay(pace)),
        ),
      );
    }),
  });
}

function modelOf(answer: (request: ModelRequest) => ReturnType<LanguageModel['stream']>): LanguageModel {
  return {
    provider: 'test',
    model: 'test-1',
    capabilities: {} as LanguageModel['capabilities'],
    stream: (request) => defer(() => answer(request as ModelRequest)),
  };
}

/** The log of a session in which all of this was done, a step at a time. */
function logAfter(steps: readonly Step[]): readonly SessionRecord[] {
  const store = memoryStore();
  inVirtualTime(({ flush }) => {
    for (const [number, each] of steps.entries()) {
      const { does, stopsAt, leavesAt, isApproved } = each;
      const chat = session({ agent: agentOf(each), store, id: 'a' });
      const stop = stopsAt === null ? {} : { interruptOn: timer(stopsAt) };
      const run =
        does === 'send'
          ? chat.send(`This is ${number}`, stop)
          : chat.resume({ call_0: isApproved, call_1: isApproved }, stop);
      const reader = run.subscribe({ error: () => undefined });
      if (leavesAt !== null) timer(leavesAt).subscribe(() => reader.unsubscribe());
      flush();
    }
  })();
  return logOf(store, 'a');
}

/** What the model is sent of the user who goes on with this log. */
function sentAfter(log: readonly SessionRecord[]): readonly Message[] {
  const store: SessionStore = { ...memoryStore(), read: () => [log], append: () => EMPTY };
  let sent: readonly Message[] = [];
  const model = modelOf(({ messages }) => {
    sent = messages;
    return EMPTY;
  });
  session({ model, store, id: 'a' }).send('Go on').subscribe();
  return sent;
}

function rolesOf(messages: readonly Message[]): string {
  return messages.map(({ role }) => role.slice(0, 1)).join('');
}

describe('the history of a log', () => {
  it('can be gone on from wherever the log is cut', { timeout: 60_000 }, () => {
    holds(
      property(array(step, { minLength: 1, maxLength: 4 }), (steps) => {
        const log = logAfter(steps);
        for (let length = 0; length <= log.length; length += 1) {
          const sent = sentAfter(log.slice(0, length));
          expect(faultsOf(sent)).toEqual([]);
          // Never two messages of the user in a row; results of tools only behind an answer.
          expect(rolesOf(sent)).toMatch(/^(u(at?)+)*u$/);
        }
      }),
    );
  });

  it('is the same after its JSON was written and read', { timeout: 60_000 }, () => {
    holds(
      property(array(step, { minLength: 1, maxLength: 3 }), (steps) => {
        const log = logAfter(steps);
        expect(sentAfter(JSON.parse(JSON.stringify(log)) as SessionRecord[])).toEqual(sentAfter(log));
      }),
    );
  });
});
