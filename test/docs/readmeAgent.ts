/** The agent of the README: its block, with a model. */
import { model } from './readmeModel.ts';

import { firstValueFrom, map, timer } from 'rxjs';
import { selectText, shareRun } from 'rxllm';
import { agent, collectRun, tool } from 'rxllm/agents';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => timer(500).pipe(map(() => `sunny in ${city}`)),
});
const assistant = agent({ model, instructions: 'You are brief.', tools: [weather] });

const run = assistant.stream('Is it warmer in Bern or in Oslo?').pipe(shareRun());
run.pipe(selectText()).subscribe((text) => process.stdout.write(text));
const { toolCalls, usage } = await firstValueFrom(run.pipe(collectRun()));

export { toolCalls, usage };
