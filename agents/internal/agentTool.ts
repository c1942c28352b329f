import { connect, map, merge, type Observable, tap } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Schema } from '../../src/schema.ts';
import type { Tool } from '../../src/tool.ts';
import type { Agent, AgentToolOptions } from '../contract.ts';
import { collectRun, type RunResult } from '../collectRun.ts';
import { toToolName } from './handoffs.ts';
import { textFields } from './textFields.ts';

const parameters = textFields('input');

/** The chunks of agents that run as tools. What tools of others tell may look like a chunk. */
const toldByAgents = new WeakSet<object>();

/** Whether the progress of a tool is a chunk of an agent. */
export function isToldByAgent(value: unknown): value is StreamChunk {
  return typeof value === 'object' && value !== null && toldByAgents.has(value);
}

/** Makes a tool of an agent: its chunks are the progress, its output the result. */
export function toTool<Context, Output>(
  agent: Agent<Context, Output>,
  { name = toToolName(agent.name), description = agent.options.description }: AgentToolOptions,
): Tool<Schema<{ input: string }>, Context> {
  return {
    name,
    ...(description !== undefined && { description }),
    parameters,
    execute: ({ input }, { context }) =>
      agent
        .stream(input, { context })
        .pipe(
          connect((chunks: Observable<StreamChunk>) =>
            merge(
              chunks.pipe(tap((chunk) => toldByAgents.add(chunk))),
              chunks.pipe(collectRun<Output>(), map(toAnswer)),
            ),
          ),
        ),
  };

  function toAnswer({ finishReason, finalOutput, text }: RunResult<Output>): unknown {
    if (finishReason === 'pause') {
      throw new Error(`The agent ${agent.name} waits for an approval, which it cannot as a tool`);
    }
    return finalOutput === undefined ? text : finalOutput;
  }
}
