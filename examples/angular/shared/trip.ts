import * as z from 'zod';

// Pages of this server may not make functions of text.
z.config({ jitless: true });

/** What the trip form asks for: the schema of the model's answer, on both sides of the wire. */
export const trip = z.object({
  destination: z.string().describe('City and country'),
  from: z.string().describe('First day, as YYYY-MM-DD'),
  nights: z.int().min(1).max(60),
  pace: z.enum(['relaxed', 'balanced', 'packed']),
  packing: z.array(z.string()).describe('What to take along, at most six things'),
  notes: z.string().describe('What to know and to book, in two or three sentences'),
});

export type Trip = z.infer<typeof trip>;
