import {
  array,
  type Arbitrary,
  boolean,
  constantFrom,
  integer,
  nat,
  option,
  property,
  record,
} from 'fast-check';
import { defer, map, of, timer, VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { agent } from '../../agents/agent.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import {
  addUsage,
  type ApprovalGate,
  type LanguageModel,
  type StreamChunk,
  type Usage,
} from '../../src/index.ts';
import { endOf, faultsOf, messagesOf, stateOf, syncModel } from '../agents/runs.ts';
import { call } from './calls.ts';
import { holds } from './runs.ts';
import { type Failure, play, run, type Told, toolsIn } from './virtual.ts';

interface Answer {
  readonly chunks: readonly StreamChunk[];
  readonly failure: Failure | undefined;
}

/** What the model answers, how it breaks off, and how tools and gates behave. */
interface Script {
  readonly calls: readonly {
    readonly chunks: readonly StreamChunk[];
    readonly failure?: Failure | undefined;
  }[];
  readonly isPaced: boolean;
  readonly startTools: 'called' | 'finished';
  readonly afterTools: 'fail' | 'repeat';
  readonly concurrency: number;
  readonly gates: readonly (boolean | 'later' | 'slow' | 'always')[];
  readonly stopAt: number | null;
}

/** Every third call breaks off somewhere before its finish. */
const answer: Arbitrary<Answer> = record({
  whole: call,
  at: nat(40),
  failure: constantFrom<(Failure | undefined)[]>(
    undefined,
    undefined,
    undefined,
    undefined,
    'throws',
    'tells',
  ),
}).map(({ whole, at, failure }) => ({
  chunks: failure ? whole.slice(0, at % whole.length) : whole,
  failure,
}));

const script: Arbitrary<Script> = record({
  calls: array(answer, { maxLength: 4 }),
  isPaced: boolean(),
  startTools: constantFrom<Script['startTools'][]>('called', 'finished'),
  afterTools: constantFrom<Script['afterTools'][]>('fail', 'repeat'),
  concurrency: integer({ min: 1, max: 3 }),
  gates: array(constantFrom<Script['gates'][number][]>(true, true, false, 'later', 'slow', 'always'), {
    maxLength: 8,
  }),
  stopAt: option(integer({ min: 0, max: 40 }), { nil: null }),
});

/** A run of a script, and when its model was asked. */
function runOf({ calls, isPaced, gates, stopAt, ...options }: Script) {
  const scheduler = new VirtualTimeScheduler();
  const asked: number[] = [];
  const answers = calls.values();
  const rest = syncModel(() => [{ type: 'text-delta', text: 'o' }, { type: 'finish' }]);
  const base: LanguageModel = {
    ...rest,
    stream: (request) =>
      defer(() => {
        asked.push(scheduler.now());
        const { value } = answers.next();
        return value
          ? play(value.chunks, scheduler, { isPaced, failure: value.failure })
          : rest.stream(request);
      }),
  };
  const turns = gates.values();
  const approve: ApprovalGate = () => {
    const { value = true } = turns.next();
    if (value === 'slow') return timer(3, scheduler).pipe(map(() => true));
    return of(value === 'always' ? { approved: true, always: true } : value);
  };
  const model = pipeModel(base, retryStream({ count: 1, delay: 2, scheduler }));
  const one = agent({ ...options, model, tools: toolsIn(scheduler), approve, scheduler });
  const stop = stopAt === null ? {} : { interruptOn: timer(stopAt, scheduler) };
  const told = run(one.stream('Hi', stop).pipe(verifyGrammar()), scheduler);
  return { told, asked };
}

/** What the calls of a run used: all, and those that count. */
function usageOf(chunks: readonly StreamChunk[]): { readonly usage?: Usage; readonly billedUsage?: Usage } {
  let usage: Usage | undefined;
  let billedUsage: Usage | undefined;
  for (const chunk of chunks) {
    if (chunk.type === 'finish') usage = addUsage(usage, chunk.usage);
    if (chunk.type === 'finish' || chunk.type === 'restart') billedUsage = addUsage(billedUsage, chunk.usage);
  }
  return { ...(usage && { usage }), ...(billedUsage && { billedUsage }) };
}

function hasFinished({ error }: Told<StreamChunk>): boolean {
  return error === undefined;
}

describe('a run of an agent', () => {
  it('ends once: by run-finish, or by an error without one', () => {
    holds(
      property(script, (given) => {
        const { told } = runOf(given);
        const ends = told.values.filter(({ type }) => type === 'run-finish');

        expect(told.endings).toBe(1);
        expect(ends).toHaveLength(hasFinished(told) ? 1 : 0);
        if (hasFinished(told)) expect(told.values.at(-1)).toBe(ends[0]);
      }),
    );
  });

  it('leaves a conversation in which each call is answered, whatever fails and whenever it is stopped', () => {
    holds(
      property(script, (given) => {
        const { told } = runOf(given);
        if (!hasFinished(told)) return;
        const end = endOf(told.values);
        const messages = [{ role: 'user', content: 'Hi' } as const, ...messagesOf(told.values)];

        if (end.reason !== 'pause') expect(faultsOf(messages)).toEqual([]);
        else expect(stateOf(told.values).messages).toEqual(JSON.parse(JSON.stringify(messages)));
      }),
    );
  });

  it('goes on from a pause to a conversation in which each call is answered', () => {
    holds(
      property(script, boolean(), (given, approved) => {
        const { told } = runOf({ ...given, stopAt: null, gates: ['later', ...given.gates] });
        expect(told.endings).toBe(1);
        if (!hasFinished(told) || endOf(told.values).reason !== 'pause') return;
        const state = stateOf(told.values);
        const scheduler = new VirtualTimeScheduler();
        const model = syncModel(() => [{ type: 'text-delta', text: 'o' }, { type: 'finish' }]);
        const decisions = Object.fromEntries(state.waiting.map(({ toolCallId }) => [toolCallId, approved]));
        const other = agent({ model, tools: toolsIn(scheduler), scheduler });
        const later = run(other.resume(state, decisions).pipe(verifyGrammar()), scheduler);

        expect(faultsOf([...state.messages, ...messagesOf(later.values)])).toEqual([]);
        expect(endOf(later.values)).toMatchObject({
          reason: expect.not.stringMatching('pause') as string,
          ...usageOf(told.values),
        });
      }),
    );
  });

  it('counts what its calls used, and bills what was voided', () => {
    holds(
      property(script, (given) => {
        const { told } = runOf(given);
        if (!hasFinished(told)) return;
        const { usage, billedUsage } = endOf(told.values);

        expect({ ...(usage && { usage }), ...(billedUsage && { billedUsage }) }).toEqual(
          usageOf(told.values),
        );
      }),
    );
  });

  it('makes no request behind its stop, and none that it does not count', () => {
    holds(
      property(script, (given) => {
        const { told, asked } = runOf(given);
        if (!hasFinished(told)) return;
        const restarts = told.values.filter(({ type }) => type === 'restart').length;

        expect(endOf(told.values).rounds).toBeLessThanOrEqual(asked.length);
        expect(asked.length).toBeLessThanOrEqual(endOf(told.values).rounds + restarts);
        if (given.stopAt !== null) expect(Math.max(0, ...asked)).toBeLessThanOrEqual(given.stopAt);
      }),
    );
  });
});
