import type { Observable, OperatorFunction } from 'rxjs';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  agent,
  type Agent,
  collectRun,
  type RunProgress,
  type RunResult,
  type StopCondition,
  tool,
} from '../../agents/index.ts';
import type { LanguageModel, Schema, StreamChunk, Tool, ToolContext } from '../../src/index.ts';

declare const model: LanguageModel;

interface User {
  readonly name: string;
}

test('the arguments of a tool are those of its schema', () => {
  const weather = tool({
    name: 'weather',
    parameters: z.object({ city: z.string(), days: z.number().default(1) }),
    execute: ({ city, days }, { signal }) => {
      expectTypeOf(city).toEqualTypeOf<string>();
      expectTypeOf(days).toEqualTypeOf<number>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      return city;
    },
  });

  expectTypeOf(weather).toExtend<Tool>();
  tool({
    name: 'weather',
    parameters: z.object({ city: z.string() }),
    // @ts-expect-error the schema has no such argument
    execute: ({ country }) => country as string,
  });
});

test('so are those of tools in the list of an agent', () => {
  agent({
    model,
    tools: [
      {
        name: 'weather',
        parameters: z.object({ city: z.string() }),
        execute: ({ city }) => {
          expectTypeOf(city).toEqualTypeOf<string>();
        },
      },
      tool({
        name: 'add',
        parameters: z.object({ a: z.number() }),
        execute: ({ a }) => {
          expectTypeOf(a).toEqualTypeOf<number>();
        },
      }),
    ],
  });
});

test('the finalOutput is what the schema makes', async () => {
  const cook = agent({ model, outputSchema: z.object({ steps: z.array(z.string()) }) });

  expectTypeOf(cook.stream('Hi')).toEqualTypeOf<Observable<StreamChunk>>();
  expectTypeOf((await cook.run('Hi')).finalOutput).toEqualTypeOf<{ steps: string[] } | undefined>();
  expectTypeOf((await agent({ model }).run('Hi')).finalOutput).toEqualTypeOf<unknown>();
  expectTypeOf(collectRun<number>()).toEqualTypeOf<OperatorFunction<StreamChunk, RunResult<number>>>();
});

test('the context is given, or that of an annotation', async () => {
  const greet = tool({
    name: 'greet',
    parameters: z.object({ loud: z.boolean() }),
    execute: ({ loud }, { context }: ToolContext<User>) => (loud ? context.name.toUpperCase() : context.name),
  });
  expectTypeOf(greet).toExtend<Tool<Schema, User>>();

  const given = agent<User>({
    model,
    tools: [greet],
    stopWhen: ({ context }) => context.name === '',
    inputGuardrails: [({ context }) => [context.name]],
    outputGuardrails: [(_, context) => [context.name]],
    prepareRound: ({ context }) => ({ instructions: context.name }),
  });
  expectTypeOf(given).toEqualTypeOf<Agent<User>>();
  void given.stream('Hi', { context: { name: 'Ann' } });
  // @ts-expect-error the context has another type
  void given.stream('Hi', { context: { name: 1 } });

  const annotated = agent({
    model,
    tools: [greet],
    instructions: ({ context }: RunProgress<User>) => `You serve ${context.name}.`,
    stopWhen: ({ context }) => context.name === '',
    outputSchema: z.object({ city: z.string() }),
  });
  expectTypeOf(annotated).toEqualTypeOf<Agent<User, { city: string }>>();
  expectTypeOf((await annotated.run('Hi')).finalOutput).toEqualTypeOf<{ city: string } | undefined>();
});

test('agents of one context hand over to each other, and conditions fit any', () => {
  const condition: StopCondition = ({ rounds }) => rounds > 1;
  const billing = agent<User>({ model, stopWhen: condition });

  agent<User>({ model, handoffs: [billing], tools: [billing.asTool()] });
});
