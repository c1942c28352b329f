import { defer, mergeMap, type Observable } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { RunState } from '../../src/runState.ts';
import type { Agent, ApprovalDecisions, RunOptions } from '../contract.ts';
import { findAgent } from './handoffs.ts';
import { runAgent } from './run.ts';
import { verifyState } from './stateSignature.ts';

/** Goes on with a run that waited, once its state is found to be as it was. */
export function resumeRun<Context>(
  agent: Agent<Context>,
  state: RunState,
  decisions: ApprovalDecisions,
  options: RunOptions<Context>,
): Observable<StreamChunk> {
  return defer(() => {
    if (!isState(state)) {
      throw new InvalidRequestError(
        'The state is not that of a run that waits, see the `state` of its run-finish',
      );
    }
    const waiting = findAgent(agent, state.agent);
    if (!waiting) {
      throw new InvalidRequestError(
        `The run waits at the agent "${state.agent}", which "${agent.name}" does not know`,
      );
    }
    const waitingIds = state.waiting.map(({ toolCallId }) => toolCallId);
    const unknown = Object.keys(decisions).find((id) => !waitingIds.includes(id));
    if (unknown !== undefined) {
      throw new InvalidRequestError(
        `The run does not wait for a decision on "${unknown}". It waits for: ${waitingIds.join(', ')}`,
      );
    }
    return verifyState(state, agent.options.stateSecret).pipe(
      mergeMap((isIntact) => {
        if (isIntact) return runAgent(agent, { agent: waiting, state, decisions }, options);
        throw new InvalidRequestError('The state of the run was changed, or signed with another secret');
      }),
    );
  });
}

/** What JSON of somewhere else may not be. */
function isState(state: unknown): state is RunState {
  const { version, messages, results, waiting, approved } = Object(state) as Partial<RunState>;
  return version === 1 && [messages, results, waiting, approved].every(Array.isArray);
}
