import type { Wire } from '../bodies.ts';

/** A program that reads an answer, in the way its documentation shows. */
export interface Client {
  /** The whole text. */
  read(): Promise<string>;
  /** The moment of the first piece of text; settles when the stream is left, which some wait for. */
  first(): Promise<number>;
  /** The whole answer as JSON, with a partial value at every piece if the program can. */
  readObject?(): Promise<unknown>;
}

/** Makes a client for a wire and the URL of a workload, without the version at its end. */
export type MakeClient = Partial<Record<Wire, (url: string) => Client>>;

/** A client of events that can be iterated; `textOf` finds the text of one. */
export function iterate<Event>(
  open: () => PromiseLike<AsyncIterable<Event>> | AsyncIterable<Event>,
  textOf: (event: Event) => string | undefined,
): Client {
  return {
    read: async () => {
      let text = '';
      for await (const event of await open()) text += textOf(event) ?? '';
      return text;
    },
    first: async () => {
      for await (const event of await open()) {
        if (textOf(event)) return performance.now();
      }
      throw new Error('no text came');
    },
  };
}

export const prompt = 'Go on.';
export const messages = [{ role: 'user' as const, content: prompt }];
