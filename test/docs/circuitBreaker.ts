import { circuitBreaker, type CircuitBreakerPolicy, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { type MonoTypeOperatorFunction, Observable, Subscription, tap } from 'rxjs';
import { isRxllmError, type LanguageModel, type StreamChunk } from 'rxllm';
import { fallbackTo, pipeModel } from 'rxllm/models';

function throughBreaker(breaker: CircuitBreakerPolicy): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    new Observable((subscriber) => {
      const request = new Subscription();
      const untilEnd = () =>
        new Promise<void>((resolve, reject) => {
          request.add(source.pipe(tap({ error: reject, finalize: resolve })).subscribe(subscriber));
        });
      breaker.execute(untilEnd).catch((error: unknown) => subscriber.error(error));
      return request;
    });
}

export function withBreaker(primary: LanguageModel, secondary: LanguageModel): LanguageModel {
  const failures = handleWhen((error) => isRxllmError(error) && error.retryable);
  const breaker = circuitBreaker(failures, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) });

  return fallbackTo(pipeModel(primary, throughBreaker(breaker)), secondary);
}
