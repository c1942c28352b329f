import { defer, map, type Observable, of } from 'rxjs';
import { InvalidRequestError, toErrorFacts } from '../../src/errors.ts';
import type { RunState } from '../../src/runState.ts';

/** The state with its signature; as it is where there is no secret. */
export function signState(state: RunState, secret: string | undefined): Observable<RunState> {
  if (secret === undefined) return of(state);
  return defer(() => {
    checkJson(state);
    return sign(state, secret);
  }).pipe(map((signature) => ({ ...state, signature })));
}

/** Whether the state is as it was signed. */
export function verifyState(state: RunState, secret: string | undefined): Observable<boolean> {
  if (secret === undefined) return of(true);
  return defer(() => verify(state, secret));
}

async function sign(state: RunState, secret: string): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', await toKey(secret), toBytes(state));
  return btoa(String.fromCharCode(...new Uint8Array(signature)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

async function verify({ signature, ...state }: RunState, secret: string): Promise<boolean> {
  if (typeof signature !== 'string' || !/^[\w-]{43}$/.test(signature)) return false;
  const text = atob(signature.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return crypto.subtle.verify('HMAC', await toKey(secret), bytes, toBytes(state));
}

function toKey(secret: string): Promise<CryptoKey> {
  const key = new TextEncoder().encode(secret);
  return crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

/** A tool's result may be anything. */
function checkJson(state: RunState): void {
  try {
    JSON.stringify(state);
  } catch (cause) {
    throw new InvalidRequestError(
      `The state of the run cannot be signed, since it is not JSON: ${toErrorFacts(cause).message}`,
      { cause },
    );
  }
}

/** The same for equal states: what stores JSON may change the order of keys. */
function toBytes(state: RunState): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    JSON.stringify(state, (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value,
    ),
  );
}
