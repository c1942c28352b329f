import { describe, expect, it } from 'vitest';
import {
  emptyPartial,
  errorFromFacts,
  GrammarError,
  InvalidRequestError,
  isRxllmError,
  MissingPackageError,
  ProviderError,
  RestartAfterOutputError,
  type RxllmError,
  StreamAbortedError,
  StreamInterruptedError,
  StreamTimeoutError,
  StructuredOutputError,
  toErrorFacts,
} from '../../src/errors.ts';

const partial = { ...emptyPartial, text: 'Hel' };
const details = { provider: 'test', requestId: 'request-1', partial: () => partial };
const all: RxllmError[] = [
  new ProviderError('slow down', {
    ...details,
    status: 429,
    code: 'rate_limit',
    retryable: true,
    retryAfter: 2000,
  }),
  new StreamInterruptedError('cut', details),
  new StreamTimeoutError('late', { ...details, limit: 'each', milliseconds: 5 }),
  new StreamAbortedError('stopped', details),
  new RestartAfterOutputError('again', details),
  new InvalidRequestError('no messages', details),
  new MissingPackageError('npm install openai', { ...details, packageName: 'openai' }),
  new GrammarError('odd', details),
  new StructuredOutputError('no JSON', {
    ...details,
    retryable: true,
    issues: [{ message: 'odd', path: ['a', 0] }],
    path: ['a', 0],
    position: 7,
    text: '{"a":[x',
  }),
];

describe.each(all.map((error) => [error.name, error] as const))('%s', (name, error) => {
  it('names what happened to whom, and carries what had come', () => {
    expect(error).toBeInstanceOf(Error);
    expect(isRxllmError(error)).toBe(true);
    expect(error).toMatchObject({ name, provider: 'test', requestId: 'request-1', partial });
  });

  it('makes a copy of its own class for a subscriber that saw something else', () => {
    const other = { ...emptyPartial, text: 'other' };
    const copy = error.withPartial(() => other);

    expect(copy).toBeInstanceOf(error.constructor);
    expect(copy.partial).toBe(other);
    expect(copy.cause).toBe(error);
    expect({ ...toErrorFacts(copy) }).toEqual(toErrorFacts(error));
  });

  it('survives the way through JSON', () => {
    const facts = JSON.parse(JSON.stringify(error)) as ReturnType<RxllmError['toJSON']>;
    const again = errorFromFacts(facts);

    expect(again).toBeInstanceOf(error.constructor);
    expect(again.toJSON()).toEqual(error.toJSON());
  });
});

describe('RxllmError', () => {
  it('builds its partial at the first look, once', () => {
    let built = 0;
    const error = new StreamInterruptedError('cut', {
      partial: () => {
        built += 1;
        return partial;
      },
    });

    expect(built).toBe(0);
    expect(error.partial).toBe(error.partial);
    expect(built).toBe(1);
  });

  it('has an empty partial where nothing was kept, and no cause where there is none', () => {
    expect(new StreamInterruptedError('cut').partial).toBe(emptyPartial);
    expect(new StreamInterruptedError('cut')).not.toHaveProperty('cause');
  });

  it('leaves its cause out of its JSON, since that may hold keys', () => {
    const cause = Object.assign(new Error('401'), { headers: { authorization: 'Bearer secret' } });

    expect(JSON.stringify(new StreamInterruptedError('cut', { cause }))).not.toContain('secret');
  });
});

describe('isRxllmError', () => {
  it.each([undefined, null, 'text', new Error('plain'), {}])('is false for %s', (value) => {
    expect(isRxllmError(value)).toBe(false);
  });
});

describe('toErrorFacts', () => {
  it('tells what it can of foreign errors and values', () => {
    expect(toErrorFacts(new TypeError('odd'))).toEqual({
      name: 'TypeError',
      message: 'odd',
      retryable: false,
    });
    expect(toErrorFacts('odd')).toEqual({ name: 'Error', message: 'odd', retryable: false });
    expect(toErrorFacts(Object.create(null))).toMatchObject({ name: 'Error', message: '[object Object]' });
  });
});

describe('errorFromFacts', () => {
  it.each(['Unheard', 'constructor', '__proto__'])('makes a ProviderError of the unknown name %s', (name) => {
    const error = errorFromFacts({ name, message: 'odd', retryable: true });

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ message: 'odd', retryable: true, partial: emptyPartial });
  });
});
