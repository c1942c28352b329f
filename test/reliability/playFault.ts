import { EventEmitter, getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observable } from 'rxjs';
import { fetch as undiciFetch } from 'undici';
import { interruptOn } from '../../operators/interruptOn.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { isRxllmError, type ProviderError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import type { Wire } from '../providers/wires/wire.ts';
import type { Expected, Fault, Moment } from './fault.ts';
import type { FaultServers, Seen } from './faultServer.ts';

/** What became of a fault. */
export interface Outcome extends Required<Pick<Expected, 'ends' | 'kept' | 'connection' | 'requests'>> {
  readonly error?: Partial<ProviderError> | undefined;
  /** How often the stream ended, in whichever way. */
  readonly endings: number;
  /** Listeners left on the signal that interrupts. */
  readonly listeners: number;
}

/** How long a stream may take to end. */
const patience = 8000;

/** Lets a fault happen to a provider and tells what became of it. */
export async function playFault(fault: Fault, wire: Wire, servers: FaultServers): Promise<Outcome> {
  const events = new EventEmitter();
  const read = once(events, 'read');
  const { url, seen } = servers.add(fault.at ?? 'server', {
    wire,
    play: fault.play ?? (({ response }) => response.end()),
    read,
    onRequest: () => events.emit('request'),
  });
  const throughProxy = fault.at === 'behind a proxy that refuses' && {
    fetch: (input: string, init?: object) => undiciFetch(input, { ...init, dispatcher: servers.proxy }),
  };
  const model = wire.create(url, { ...fault.settings, ...throughProxy } as never);
  const stop = new AbortController();
  let stream: Observable<StreamChunk> = model.stream('Hi').pipe(verifyGrammar());
  if (fault.interrupts) stream = stream.pipe(interruptOn(stop.signal, { as: fault.as ?? 'finish' }));
  if (fault.through) stream = stream.pipe(fault.through());

  let ends = '';
  let count = 0;
  let text = '';
  let failure: unknown;
  let hasLeft = false;
  const ended = once(events, 'end');
  const end = (how: string) => {
    ends = how;
    count += 1;
    setImmediate(() => events.emit('end'));
  };
  const leave = () => {
    if (fault.interrupts) {
      stop.abort();
      return;
    }
    hasLeft = true;
    subscription.unsubscribe();
    end('silence');
  };
  const moment: Moment | undefined = fault.leaves ?? fault.interrupts;
  if (moment === 'before subscribing') stop.abort();
  if (moment === 'before headers') void once(events, 'request').then(leave);
  if (moment === 'before the first chunk') void once(events, 'request').then(() => setTimeout(leave, 50));
  if (moment === 'in mid-stream') void once(events, 'read').then(() => setTimeout(leave, 10));

  const subscription = stream.subscribe({
    next: (chunk) => {
      if (hasLeft) count += 1;
      if (chunk.type === 'finish') ends = `finish: ${chunk.reason}`;
      if (chunk.type !== 'text-delta') return;
      text += chunk.text;
      // Behind this event, so that a chunk of the same read would be seen.
      setImmediate(() => events.emit('read'));
      if (moment === 'at a chunk' && !hasLeft) leave();
    },
    error: (error: unknown) => {
      failure = error;
      end(error instanceof Error ? error.name : String(error));
    },
    complete: () => end(ends === '' ? 'completion' : ends),
  });
  if (moment === 'at once') leave();

  const limit = new AbortController();
  await Promise.race([ended, sleep(patience, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
  const connection = await connectionOf(fault.expected, seen);
  return {
    ends,
    endings: count,
    kept: isRxllmError(failure) ? failure.partial.text : text,
    error: failure as ProviderError | undefined,
    connection,
    requests: seen.requests,
    listeners: getEventListeners(stop.signal, 'abort').length,
  };
}

/** Waits a little for what is expected, since the other end hears of it later. */
async function connectionOf(
  { connection }: Expected,
  { socket, isSent, requests }: Seen,
): Promise<Outcome['connection']> {
  if (!socket) {
    if (connection === 'none') await sleep(20);
    return requests === 0 ? 'none' : 'left open';
  }
  for (let waited = 0; connection === 'closed' && !socket.destroyed && waited < 1500; waited += 5)
    await sleep(5);
  const found = socket.destroyed ? 'closed' : isSent ? 'kept' : 'left open';
  return connection === 'either' && found !== 'left open' ? 'either' : found;
}
