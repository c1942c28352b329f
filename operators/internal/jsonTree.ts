/** Keys and indices from the root of a document to a place in it. */
export type JsonPath = readonly (string | number)[];

/** A place that changed: `delta` is what was added to the string there; without it the value there is new. */
export interface JsonChange {
  readonly path: JsonPath;
  readonly delta?: string;
}

type Container = unknown[] | Record<string, unknown>;

/** One open object or array; of `lines`, the array of documents that stand on lines of their own. */
export interface JsonFrame {
  readonly kind: 'array' | 'object' | 'lines';
  container: Container;
  /** Where in it the current value stands. */
  key: string | number;
  /** The snapshot since which the container may be changed. */
  version: number;
}

/**
 * A value that is built from its beginning to its end, and can be looked at any time.
 *
 * What was looked at is never changed again: what changes later is copied, from the root down to the place, and the
 * rest is shared.
 */
export class JsonTree {
  /** What is open, from the root on. */
  readonly stack: JsonFrame[] = [];
  readonly #keepsChanges: boolean;
  #root: unknown;
  #version = 0;
  #changes: JsonChange[] = [];
  /** That of the current place, known until the place is another. */
  #path: JsonPath | undefined;

  constructor(keepsChanges: boolean) {
    this.#keepsChanges = keepsChanges;
  }

  /** The innermost open container. */
  get top(): JsonFrame | undefined {
    return this.stack[this.stack.length - 1];
  }

  /** The value so far, `undefined` before there is one. */
  get value(): unknown {
    this.#version += 1;
    return this.#root;
  }

  /** What has changed since {@link forgetChanges}, in order. */
  get changes(): readonly JsonChange[] {
    return this.#changes;
  }

  get path(): JsonPath {
    return (this.#path ??= this.stack.map(({ key }) => key));
  }

  /** Whether the current place has a value already: a key may come twice, and the last one counts. */
  get isTaken(): boolean {
    return this.top !== undefined && Object.hasOwn(this.top.container, this.top.key);
  }

  forgetChanges(): void {
    this.#changes = [];
  }

  /** Goes to another place in the innermost container: a key, or behind the last element. */
  moveTo(key?: string): void {
    const { top } = this;
    if (!top) return;
    top.key = key ?? (top.container as unknown[]).length;
    this.#path = undefined;
  }

  open(kind: JsonFrame['kind']): void {
    const container = kind === 'object' ? {} : [];
    this.put(container);
    this.stack.push({ kind, container, key: 0, version: this.#version });
    this.#path = undefined;
  }

  /** The container that is closed by it. */
  close(): unknown {
    this.#path = undefined;
    return this.stack.pop()?.container;
  }

  /** Puts a value into the current place; a string that grows, with what is new of it. */
  put(value: unknown, delta?: string): void {
    const { top } = this;
    if (top) {
      if (top.version !== this.#version) this.#copyStack();
      assign(top.container, top.key, value);
    } else this.#root = value;
    this.note(delta);
  }

  note(delta?: string): void {
    if (!this.#keepsChanges) return;
    const { path } = this;
    this.#changes.push(delta === undefined ? { path } : { path, delta });
  }

  /** Copies the open containers that the latest snapshot has, and puts the copies into each other. */
  #copyStack(): void {
    let parent: JsonFrame | undefined;
    for (const frame of this.stack) {
      if (frame.version !== this.#version) {
        frame.container = Array.isArray(frame.container) ? frame.container.slice() : { ...frame.container };
        frame.version = this.#version;
        if (parent) assign(parent.container, parent.key, frame.container);
        else this.#root = frame.container;
      }
      parent = frame;
    }
  }
}

/** Sets an own property, whatever its name. */
function assign(container: Container, key: string | number, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
  } else (container as Record<string | number, unknown>)[key] = value;
}
