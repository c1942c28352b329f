import { defer, lastValueFrom, Observable, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { selectText } from '../../operators/selectText.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { chunks, cut } from '../chunks.ts';
import { modelOf } from '../models/modelOf.ts';
import { withBreaker } from './circuitBreaker.ts';

describe('the circuit breaker of docs/reliability.md', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('spares a service that keeps failing, and tries it again after a while', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let requests = 0;
    const failing = defer(() => {
      requests += 1;
      return throwError(() => cut);
    });
    const model = withBreaker(modelOf(failing), modelOf(of(chunks.s, chunks.a, chunks.f)));
    const ask = () => lastValueFrom(model.stream('Hello').pipe(selectText()));

    for (let times = 0; times < 8; times++) await expect(ask()).resolves.toBe('a');
    expect(requests).toBe(5);

    vi.advanceTimersByTime(10_000);
    await expect(ask()).resolves.toBe('a');
    expect(requests).toBe(6);
  });

  it('aborts the request when unsubscribed from', async () => {
    let open = 0;
    const source = new Observable<StreamChunk>(() => {
      open += 1;
      return () => (open -= 1);
    });
    const subscription = withBreaker(modelOf(source), modelOf(of())).stream('Hello').subscribe();

    await vi.waitFor(() => {
      expect(open).toBe(1);
    });
    subscription.unsubscribe();
    expect(open).toBe(0);
  });
});
