import type { ModelRequest } from '../../src/request.ts';
import type { Tool } from '../../src/tool.ts';
import type { Agent, RoundChanges, RunOptions } from '../contract.ts';
import type { RunProgress } from '../stopConditions.ts';

const settings = [
  'toolChoice',
  'parallelToolCalls',
  'temperature',
  'topP',
  'maxTokens',
  'stop',
  'frequencyPenalty',
  'presencePenalty',
  'thinkingEffort',
  'seed',
  'stream',
  'providerOptions',
  'includeRaw',
  'outputSchema',
] as const satisfies readonly (keyof ModelRequest)[];

/** The request of a round: the agent's settings, over them those of the run, over them those of the round. */
export function toRoundRequest<Context>(
  { options }: Agent<Context>,
  run: RunOptions<Context>,
  changes: RoundChanges<Context>,
  tools: readonly Tool[],
  progress: RunProgress<Context>,
): ModelRequest {
  const { instructions = options.instructions, messages = progress.messages, toolChoice } = changes;
  const system = typeof instructions === 'function' ? instructions(progress) : instructions;
  const chosen = pickSettings({ ...options, ...pickSettings(run), ...pickSettings(changes) });
  // A choice that forces a call would force one in each round, without end.
  const isForced = chosen.toolChoice === 'required' || typeof chosen.toolChoice === 'object';
  if (tools.length === 0 || (isForced && toolChoice === undefined && progress.rounds > 0)) {
    delete chosen.toolChoice;
  }

  return {
    ...chosen,
    messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
    ...(tools.length > 0 && { tools }),
  };
}

/** The settings of a request among other options. */
function pickSettings(from: Partial<ModelRequest>): Mutable<Partial<ModelRequest>> {
  return Object.fromEntries(
    settings.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]),
  );
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
