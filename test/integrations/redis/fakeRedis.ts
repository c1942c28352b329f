import { defer, map, NEVER, type Observable, of, timer } from 'rxjs';
import type { RedisClient } from '../../../integrations/redis.ts';

/** What a {@link fakeRedis} answers to a script, by what it is sent: its chunks, in milliseconds, with an error or words. */
export type FakeAnswer = (chunks: readonly unknown[], count: number) => unknown;

/** A client in virtual time, which answers each command after so many milliseconds; and what was written by it. */
export function fakeRedis(
  delay: number,
  answer: FakeAnswer = () => 'go on',
): { readonly client: RedisClient; readonly written: unknown[][] } {
  const written: unknown[][] = [];
  let count = 0;

  const reply = (args: readonly unknown[]): Observable<unknown> =>
    defer(() => {
      // Behind the script, its two keys and what they need to be written.
      const chunks = args.slice(7).map((text) => JSON.parse(text as string) as unknown);
      if (chunks.length > 0) written.push(chunks);
      count += 1;
      const said = answer(chunks, count);
      if (said === 'nothing') return NEVER;
      const tell = map(() => {
        if (said instanceof Error) throw said;
        return said;
      });
      return delay > 0 ? timer(delay).pipe(tell) : of(0).pipe(tell);
    });

  const client: RedisClient = {
    // What RxJS subscribes to may be an Observable as well as a promise, and promises know no virtual time.
    call: (_, args) =>
      Object.assign(reply(args), { catch: sendIt(reply(args)) }) as unknown as Promise<unknown>,
    duplicate: () => client,
    disconnect: () => undefined,
    on: () => undefined,
  };
  return { client, written };
}

/** A promise is under way without being subscribed to; where nobody waits for it, only its failure is caught. */
function sendIt(reply: Observable<unknown>): () => void {
  return () => void reply.subscribe();
}
