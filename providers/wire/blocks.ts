/** Numbers the content blocks of one call, from 0 in the order of their first appearance. */
export class Blocks {
  #count = 0;
  #current: string | undefined;
  readonly #byKey = new Map<string | number, number>();

  /** The number of the block that the wire knows by `key`. */
  at(key: string | number): number {
    let block = this.#byKey.get(key);
    if (block === undefined) {
      block = this.next();
      this.#byKey.set(key, block);
    }
    return block;
  }

  /** The number of the block of that kind, a new one where the kind changes: for wires without blocks. */
  of(kind: string): number {
    if (this.#current === kind) return this.#count - 1;
    const block = this.next();
    this.#current = kind;
    return block;
  }

  /** The number of a new block. */
  next(): number {
    this.#current = undefined;
    return this.#count++;
  }
}
