import type { OperatorFunction } from 'rxjs';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  accumulateArguments,
  accumulateObject,
  type ArrayElement,
  elementsOf,
  type JsonChange,
} from '../../operators/index.ts';
import type { DeepPartial, JsonObject, Schema, StreamChunk } from '../../src/index.ts';

/** What an operator emits. */
type Emitted<Operator> = Operator extends OperatorFunction<StreamChunk, infer Result> ? Result : never;

const recipe = z.object({
  name: z.string(),
  kind: z.enum(['soup', 'cake']),
  minutes: z.string().transform(Number),
  steps: z.array(z.object({ text: z.string() })),
});

/** What there is of a recipe while it streams. */
interface PartialRecipe {
  readonly name?: string;
  readonly kind?: string;
  readonly minutes?: string;
  readonly steps?: readonly { readonly text?: string }[];
}

test('a partial value may lack anything, and its strings may be beginnings', () => {
  expectTypeOf<DeepPartial<{ a: 'x' | 'y'; b: { c: number }[] }>>().toEqualTypeOf<{
    readonly a?: string;
    readonly b?: readonly { readonly c?: number }[];
  }>();
  expectTypeOf<DeepPartial<number | null>>().toEqualTypeOf<number | null>();
  expectTypeOf<DeepPartial<[number, { a: 1 }]>>().toEqualTypeOf<readonly [number?, { readonly a?: 1 }?]>();
  expectTypeOf<DeepPartial<unknown>>().toEqualTypeOf<unknown>();
  expectTypeOf<DeepPartial<Record<string, { a: 1 }>>>().toEqualTypeOf<
    Readonly<Record<string, { readonly a?: 1 } | undefined>>
  >();
});

test('accumulateObject tells the partial value from the validated one', () => {
  const _states = accumulateObject(recipe);
  type State = Emitted<typeof _states>;

  expectTypeOf<Extract<State, { status: 'done' }>['value']>().toEqualTypeOf<z.output<typeof recipe>>();
  expectTypeOf<Extract<State, { status: 'partial' }>['value']>().toEqualTypeOf<PartialRecipe | undefined>();
  expectTypeOf<State['changes']>().toEqualTypeOf<readonly JsonChange[]>();
});

test('a schema of unknown input is partial as its output', () => {
  const schema = {} as Schema<{ a: number }>;
  const _states = accumulateObject(schema);
  type State = Emitted<typeof _states>;

  expectTypeOf<Extract<State, { status: 'partial' }>['value']>().toEqualTypeOf<
    { readonly a?: number } | undefined
  >();
});

test('elementsOf emits what the schema of the element makes', () => {
  expectTypeOf(elementsOf(z.object({ n: z.number() }), { path: ['a', 0] })).toEqualTypeOf<
    OperatorFunction<StreamChunk, ArrayElement<{ n: number }>>
  >();
});

test('accumulateArguments has any object without a schema', () => {
  const _states = accumulateArguments('cook');
  type State = Emitted<typeof _states>;
  const _typed = accumulateArguments('cook', recipe);
  type Typed = Emitted<typeof _typed>;

  expectTypeOf<Extract<State, { status: 'done' }>['value']>().toEqualTypeOf<JsonObject>();
  expectTypeOf<Extract<Typed, { status: 'done' }>['value']>().toEqualTypeOf<z.output<typeof recipe>>();
  expectTypeOf<State['block']>().toEqualTypeOf<number>();
});
