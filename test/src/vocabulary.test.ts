import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkNumber, checkOneOf } from '../../src/checkOptions.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import { toRequest } from '../../src/request.ts';
import { formatIssues, type Schema, toJsonSchema, validate } from '../../src/schema.ts';
import { addUsage } from '../../src/usage.ts';

describe('parseArguments', () => {
  it.each([
    ['{"city":"Bern"}', { arguments: { city: 'Bern' } }],
    ['', { arguments: {} }],
    ['  \n', { arguments: {} }],
    ['null', { arguments: {} }],
    ['{"city":"Be', { reason: 'invalid-json' }],
    ['{"x":1}{"y":2}', { reason: 'invalid-json' }],
    ['[1]', { reason: 'not-an-object' }],
    ['"Bern"', { reason: 'not-an-object' }],
  ])('reads %j', (text, expected) => {
    expect(parseArguments(text)).toEqual(expected);
  });

  it('keeps a key named __proto__ as a plain key', () => {
    const { arguments: value } = parseArguments('{"__proto__":{"admin":true}}');

    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('addUsage', () => {
  it('adds what both know and keeps what one knows', () => {
    const one = { inputTokens: 1, outputTokens: 2, totalTokens: 3, cachedInputTokens: 1, raw: {} };
    const other = { inputTokens: 10, outputTokens: 20, totalTokens: 30, thinkingTokens: 5, partial: true };

    expect(addUsage(one, other)).toEqual({
      inputTokens: 11,
      outputTokens: 22,
      totalTokens: 33,
      cachedInputTokens: 1,
      thinkingTokens: 5,
      partial: true,
    });
  });

  it('is the other where one is missing', () => {
    const one = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

    expect(addUsage(one, undefined)).toBe(one);
    expect(addUsage(undefined, one)).toBe(one);
    expect(addUsage(undefined, undefined)).toBeUndefined();
  });
});

describe('toRequest', () => {
  it('makes a user message of a prompt', () => {
    expect(toRequest('Hi')).toEqual({ messages: [{ role: 'user', content: 'Hi' }] });
  });

  it.each([
    [{}, 'The request needs messages'],
    [undefined, 'The request needs messages'],
    [{ messages: [] }, 'The request needs messages'],
    [
      { messages: [{ role: 'robot', content: '' }] },
      'messages[0].role must be one of system, user, assistant, tool, not robot',
    ],
    [
      { messages: [{ role: 'user', content: 5 }] },
      'messages[0].content must be a string or an array of parts, not number',
    ],
    [
      { messages: [{ role: 'tool', content: 'x' }] },
      'messages[0].content must be an array of parts, not string',
    ],
  ])('refuses %j', (request, message) => {
    expect(() => toRequest(request as never)).toThrow(message);
  });
});

describe('schemas', () => {
  const city = z.object({ city: z.string(), days: z.array(z.number()) });

  it('become JSON Schema of what they accept', () => {
    expect(toJsonSchema(z.object({ city: z.string().default('Bern') }))).toEqual({
      type: 'object',
      properties: { city: { type: 'string', default: 'Bern' } },
    });
  });

  it('answer at once when they can', () => {
    expect(validate(city, { city: 'Bern', days: [1] })).toEqual({
      valid: true,
      value: { city: 'Bern', days: [1] },
    });
    expect(validate(city, { city: 1, days: ['x'] })).toMatchObject({
      valid: false,
      issues: [{ path: ['city'] }, { path: ['days', 0] }],
    });
  });

  it('answer with a Promise when they cannot', async () => {
    const rare = z.string().refine((text) => Promise.resolve(text === 'Bern'));

    await expect(validate(rare, 'Bern')).resolves.toEqual({ valid: true, value: 'Bern' });
  });

  it('may tell paths as segments, and keys that are symbols', () => {
    const schema = {
      '~standard': {
        validate: () => ({
          issues: [{ message: 'odd', path: [{ key: 'a' }, Symbol('b')] }, { message: 'bare' }],
        }),
      },
    } as unknown as Schema;
    const checked = validate(schema, 1);

    expect(checked).toEqual({
      valid: false,
      issues: [
        { message: 'odd', path: ['a', 'Symbol(b)'] },
        { message: 'bare', path: [] },
      ],
    });
    expect('issues' in checked && formatIssues(checked.issues)).toBe('a.Symbol(b): odd; bare');
  });
});

describe('checkNumber', () => {
  it.each([0, 1, 2.5, Number.POSITIVE_INFINITY, undefined])('accepts %s', (value) => {
    expect(() => checkNumber('owner', 'option', value)).not.toThrow();
  });

  it.each([
    [-1, {}, 'owner: option must be a number from 0, not -1'],
    [Number.NaN, {}, 'owner: option must be a number from 0, not NaN'],
    ['1', {}, 'owner: option must be a number from 0, not 1'],
    [1.5, { integer: true }, 'owner: option must be a whole number from 0, not 1.5'],
    [9, { min: 1, max: 5 }, 'owner: option must be a number from 1 to 5, not 9'],
  ])('refuses %s with %j', (value, rule, message) => {
    expect(() => checkNumber('owner', 'option', value as number, rule)).toThrow(message);
  });
});

describe('checkOneOf', () => {
  it('names the words it takes', () => {
    expect(() => checkOneOf('owner', 'option', 'c', ['a', 'b'])).toThrow('owner: option must be a, b, not c');
    expect(() => checkOneOf('owner', 'option', undefined, ['a', 'b'])).not.toThrow();
  });
});
