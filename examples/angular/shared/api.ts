import type { Message } from 'rxllm';

/** What the page asks the server for an answer with. */
export interface Question {
  readonly messages: readonly Message[];
  /** Whether the answer is to fill the trip form. */
  readonly asTrip: boolean;
}

/** What the page is told when it opens. */
export interface About {
  readonly provider: string;
  readonly model: string;
  /** Whether a script plays the model. */
  readonly isDemo: boolean;
  /** US dollars for a million tokens, where they are known. */
  readonly price?: { readonly input: number; readonly output: number };
  readonly suggestions: readonly Suggestion[];
}

/** A question to begin with. */
export interface Suggestion {
  readonly title: string;
  readonly prompt: string;
  readonly asTrip?: boolean;
}
