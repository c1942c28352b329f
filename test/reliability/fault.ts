import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { StreamChunk } from '../../src/index.ts';
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { Wire } from '../providers/wires/wire.ts';

/** One request at the server of a fault. */
export interface Exchange {
  readonly wire: Wire;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** Settles when the reader has the first text, so that what is broken off has arrived. */
  readonly read: Promise<unknown>;
  /** How many requests there have been, this one included. */
  readonly count: number;
}

/** What the server does with a request. */
export type Play = (exchange: Exchange) => void;

/** Where the model is told to find its server; all but the first two are on loopback and no HTTP server. */
export type Place =
  | 'server'
  | 'TLS server'
  | 'untrusted TLS server'
  | 'nobody listens'
  | 'no such name'
  | 'hangs up in the TLS handshake'
  | 'no HTTP'
  | 'behind a proxy that refuses';

/** What becomes of a fault. */
export interface Expected {
  /** The name of the error, or how else the stream ends: with a finish, with completion alone, or without a word. */
  readonly ends: string;
  /** One of several, where that depends on the machine. */
  readonly code?: string | readonly string[];
  readonly status?: number;
  readonly retryable?: boolean;
  /** Milliseconds. */
  readonly retryAfter?: number;
  /** Milliseconds since 1970. */
  readonly retryAt?: number;
  /** Words that the message has. */
  readonly says?: string;
  /** Text that the error, or the subscriber, has. */
  readonly kept?: string;
  /** What becomes of the connection: kept for the next request, or there was none; `either` where the network decides. */
  readonly connection: 'closed' | 'kept' | 'none' | 'left open' | 'either';
  readonly requests?: number;
}

/** One row of the table. */
export interface Fault {
  readonly name: string;
  readonly at?: Place;
  readonly play?: Play;
  /** Laid over the model. */
  readonly through?: () => MonoTypeOperatorFunction<StreamChunk>;
  /** When the subscriber leaves: at a moment of the exchange. */
  readonly leaves?: Moment;
  /** When a signal that {@link interruptOn} listens to fires, and what that makes of the stream. */
  readonly interrupts?: Moment;
  readonly as?: 'finish' | 'error';
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly expected: Expected;
  /** What a provider does otherwise. */
  readonly but?: Readonly<Partial<Record<string, Partial<Expected>>>>;
  /** The providers whose protocol has it. @defaultValue all */
  readonly only?: readonly string[];
}

/** A moment at which a stream is stopped from this side. */
export type Moment =
  | 'before subscribing'
  | 'at once'
  | 'before headers'
  | 'before the first chunk'
  | 'at a chunk'
  | 'in mid-stream';

/** A group of rows. */
export interface FaultGroup {
  readonly title: string;
  readonly faults: readonly Fault[];
}

/** What becomes of a fault with one provider. */
export function expectedOf({ expected, but }: Fault, provider: string): Expected {
  return { ...expected, ...but?.[provider] };
}

/** The rows of a group that a provider's protocol has. */
export function rowsOf({ faults }: FaultGroup, provider: string): readonly Fault[] {
  return faults.filter(({ only = [provider] }) => only.includes(provider));
}
