import type { Message } from 'rxllm';
import * as z from 'zod';
import type { Question } from '../shared/api.ts';

/** The parts of messages are checked by the library; a page may not give instructions. */
const schema = z.object({
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['user', 'assistant', 'tool']),
        content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]),
      }),
    )
    .min(1)
    .max(500),
  asTrip: z.boolean().default(false),
});

/** Reads what a page has sent, or tells that it is no question. */
export function readQuestion(body: unknown): Question | undefined {
  const { data } = schema.safeParse(body);
  return data && { asTrip: data.asTrip, messages: data.messages as unknown as readonly Message[] };
}
