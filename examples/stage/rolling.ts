import type { Script } from './playedModel.ts';

/** A model that says the same about everything. */
export const script: Script = () => ({
  text: 'Because nothing stops them: a ball touches the ground in one point, and gravity does the rest.',
});
