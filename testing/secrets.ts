import type { JsonValue } from '../src/json.ts';

/** The only headers of a request that are written down. */
const requestHeaders = ['accept', 'anthropic-beta', 'anthropic-version', 'content-type', 'openai-beta'];

/** The only headers of an answer that are written down: those that providers and retries read. */
const responseHeaders = [
  'content-type',
  'date',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-should-retry',
];

/** Headers and query parameters whose values are removed from everything else, too. */
const secretName =
  /auth|key|token|secret|cookie|credential|session|signature|password|organi[sz]ation|(?<![a-z])org(?![a-z])|project|account|tenant|customer|workspace|(?<![a-z])(code|sig)(?![a-z])|(?<![a-z])user(?!-?agent)/i;

/** Such names that hold counts. */
const countName = /ratelimit|(?<![a-z])count(?![a-z])/i;

/** Fields at the top of a request's body that tell who asks. */
const accountFields = ['metadata', 'prompt_cache_key', 'safety_identifier', 'user'];

/** Fields anywhere in a request's body that let a server log in elsewhere, those of MCP servers for instance. */
const credentialField =
  /^(authorization([-_]token)?|(x-)?api[-_]?key|(access|auth|bearer)[-_]?token|token|(client[-_]?)?secret|password|cookie|headers)$/i;

/** Keys and account ids that are known by their form, wherever they stand. */
const secretForm =
  /\b(?:sk|pk|rk|gsk|xai|hf|nvapi|pplx|ghp|key)[-_](?=[\w-]{0,100}\d)[\w-]{16,}|\b(?:org|user|proj|acct|team)[-_](?=[a-z]*[\dA-Z])[A-Za-z0-9]{16,}|\bAIza[\w-]{30,}|\bAKIA[A-Z\d]{16}|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]+/g;

/** The words of a path behind which the name of an account stands. */
const accountWord =
  /^(accounts?|customers?|organizations?|orgs?|projects?|subscriptions?|tenants?|users?|workspaces?)$/i;

/** A part of a path that no person has named, if there is a digit in it. */
const machineName = /^([\da-f]{8}-[\da-f-]{27}|\w{24,})$/i;

/** Shorter values would be found in words that have nothing to do with them. */
const shortestSecret = 8;

/** A text to be removed, or the part of it behind `from`. */
interface Needle {
  readonly text: string;
  readonly from: number;
  readonly length: number;
}

/**
 * What must not reach a recording: told apart by where it stood, then removed wherever else it appears.
 *
 * It knows more after each request, so what was kept of earlier ones is cleaned anew each time it is written.
 */
export class Secrets {
  readonly #needles = new Map<string, Needle>();

  constructor(known: readonly string[]) {
    for (const secret of known) this.#add(secret);
  }

  /** The headers that may be written down; learns from the others. */
  pickRequestHeaders(headers: Headers): Record<string, string> {
    return this.#pick(headers, requestHeaders);
  }

  /** The headers that may be written down; learns from the others. */
  pickResponseHeaders(headers: Headers): Record<string, string> {
    return this.#pick(headers, responseHeaders);
  }

  /** The path of a URL with `*` for accounts, and without the query. */
  pickPath({ pathname, searchParams, username, password }: URL): string {
    for (const [name, value] of searchParams) this.#learn(name, value);
    for (const value of [username, password]) this.#learn('auth', value);

    const parts = pathname.split('/');
    const isAccount = (part: string, before = '') =>
      part !== '' && (accountWord.test(before) || (/\d/.test(part) && machineName.test(part)));

    return parts
      .map((part, index) => {
        if (!isAccount(part, parts[index - 1])) return part;
        this.#learn('account', part);
        return '*';
      })
      .join('/');
  }

  /** A request's body without the fields that tell who asks. */
  cleanBody(body: JsonValue): JsonValue {
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      return this.#withoutCredentials(body);
    const fields = Object.entries(body).map(([name, value]): [string, JsonValue] => [
      name,
      accountFields.includes(name) ? this.#remove(name, value) : this.#withoutCredential(name, value),
    ]);
    return Object.fromEntries(fields);
  }

  /** Writes `mask` over every secret, so that all else keeps its place: a secret may lie across two reads. */
  blank(bytes: Buffer, mask = 'x'): void {
    const text = bytes.toString('latin1');
    for (const { text: needle, from, length } of this.#needles.values()) {
      for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
        bytes.fill(mask, at + from, at + from + length);
      }
    }
    for (const { index, 0: found } of text.matchAll(secretForm))
      bytes.fill(mask, index, index + found.length);
  }

  /** A text with `mask` over every secret. */
  blankText(text: string, mask = 'x'): string {
    const bytes = Buffer.from(text);
    this.blank(bytes, mask);
    return bytes.toString();
  }

  #pick(headers: Headers, allowed: readonly string[]): Record<string, string> {
    const picked: [string, string][] = [];
    for (const [name, value] of headers) {
      if (allowed.includes(name)) picked.push([name, value]);
      else this.#learn(name, value);
    }
    return Object.fromEntries(picked);
  }

  #learn(name: string, value: string): void {
    if (!secretName.test(name) || countName.test(name)) return;
    // Behind the first semicolon of `Set-Cookie` stand words that mean the same everywhere.
    const told = name === 'set-cookie' ? value.replace(/;.*/s, '') : value;
    this.#addParts(told);
  }

  #withoutCredentials(value: JsonValue): JsonValue {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value))
      return (value as readonly JsonValue[]).map((each) => this.#withoutCredentials(each));
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, this.#withoutCredential(name, inner)]),
    );
  }

  #withoutCredential(name: string, value: JsonValue): JsonValue {
    const isSecret =
      credentialField.test(name) && (typeof value === 'string' || name.toLowerCase() === 'headers');
    return isSecret ? this.#remove(name, value) : this.#withoutCredentials(value);
  }

  /** Stands for a value; it is not to come back in the answer either, which may repeat the request. */
  #remove(name: string, value: JsonValue): JsonValue {
    if (value === null) return null;
    if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) this.#remove(key, inner);
    } else if (typeof value === 'string' && value !== '') {
      for (const space of ['', ' ']) this.#add(value, `${JSON.stringify(name)}:${space}"`, '"');
      // Alone only what cannot be a word of the protocol: `user: 'assistant'` must not break the answer.
      const isName = secretName.test(name) || accountFields.includes(name);
      const isSecret = credentialField.test(name) || (isName && /[\d@]/.test(value));
      if (isSecret) this.#addParts(value);
    }
    return '[removed]';
  }

  /** Adds what stands between blanks and behind an equals sign: `Bearer …`, `name=…; name=…`. */
  #addParts(value: string): void {
    for (const part of value.split(/[\s;,]+/)) {
      for (const secret of [part, part.slice(part.indexOf('=') + 1)]) {
        if (secret.length >= shortestSecret) this.#add(secret);
      }
    }
  }

  /** Adds a text in the spellings in which a server may repeat it. */
  #add(secret: string, before = '', behind = ''): void {
    const spellings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const spelling of spellings) {
      const from = toByteText(before).length;
      const length = toByteText(spelling).length;
      const text = toByteText(before + spelling + behind);
      this.#needles.set(text, { text, from, length });
    }
  }
}

/** An error's message with `*` for hosts: the name of one may tell an account. */
export function hideHosts(message: string, { hostname }: URL): string {
  return message
    .replaceAll(hostname, '*')
    .replace(/\bhttps?:\/\/\S+/gi, '*')
    .replace(/\[?(?:[\da-f]{0,4}:){2,}[\da-f.]*\]?(?::\d+)?/gi, '*')
    .replace(/[\w*.-]+(?::\d+)?/g, (word) => (/.\.[a-z]{2}|(?:\.\d+){3}/i.test(word) ? '*' : word));
}

/** One character for each byte, so that what is found is a place in the bytes. */
function toByteText(text: string): string {
  return Buffer.from(text).toString('latin1');
}
