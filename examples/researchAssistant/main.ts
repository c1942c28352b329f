/** A research assistant: searches, reads, takes notes, and saves a report. Shows what it does while it does it. */
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { endWith, forkJoin, lastValueFrom } from 'rxjs';
import { agent, collectRun, roundsReached, tokensUsed } from 'rxllm/agents';
import { shareRun, trackProgress } from 'rxllm/operators';
import { example, perform, promptOf } from '../stage/perform.ts';
import { script, startWeb } from '../stage/researchAssistant.ts';
import { show } from '../start/lines.ts';
import { toPrintable } from '../start/printable.ts';
import { fileTools } from './fileTools.ts';
import { countsOf, showProgress } from './showProgress.ts';
import { webTools } from './webTools.ts';

const command = example(
  'researchAssistant',
  'Searches, reads, takes notes and writes a report. Its web is three pages in this process.',
)
  .argument('[question...]', 'what a real model is to find out')
  .option('--output <file>', 'where to save the report, else it goes to the standard output')
  .parse();
const question = promptOf(command, 'Why do bees dance?');
const { output } = command.opts<{ output?: string }>();

await perform(command, script, async ({ model, signal }) => {
  if (output !== undefined) await checkFolder(dirname(output));
  const folder = await mkdtemp(join(tmpdir(), 'research-'));
  try {
    const assistant = agent({
      model,
      instructions: 'Search, read, take notes, then answer with a report in Markdown that names its sources.',
      tools: [...webTools(await startWeb()), ...fileTools(folder)],
      toolTimeout: 20_000,
      stopWhen: [roundsReached(12), tokensUsed(200_000)],
    });
    const run = assistant.stream(question, { interruptOn: signal }).pipe(shareRun());

    console.error(`${question}\n`);
    const [{ text, rounds, usage }, { tools, elapsedMs }] = await lastValueFrom(
      forkJoin([
        run.pipe(collectRun()),
        run.pipe(trackProgress()),
        showProgress(run).pipe(endWith(undefined)),
      ]),
    );
    const report = toPrintable(text).trim();
    if (report === '') throw new Error(`there is no report after ${rounds.length} rounds`);
    if (output === undefined) console.log(report);
    else await writeFile(output, `${report}\n`);

    console.error(
      `\n${report.length} characters${output === undefined ? '' : ` in ${show(output)}`}${countsOf(tools)}`,
    );
    console.error(
      `${rounds.length} rounds, ${usage?.totalTokens ?? 'unknown'} tokens, ${(elapsedMs / 1000).toFixed(1)} s`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Before the research costs anything. */
async function checkFolder(path: string): Promise<void> {
  await access(path, constants.W_OK).catch(() => {
    throw new Error(`the report cannot be saved in the folder ${path}`);
  });
}
