/** A workflow of four steps joined by concat: outline, draft, review, revise. It tells where it is while it runs. */
import { createLogUpdate } from 'log-update';
import { fromEvent, lastValueFrom, type Observable, takeUntil, tap } from 'rxjs';
import { example, perform, promptOf } from '../stage/perform.ts';
import { script } from '../stage/workflow.ts';
import { show } from '../start/lines.ts';
import { toPrintable } from '../start/printable.ts';
import { isLive } from '../start/screen.ts';
import { styled } from '../start/style.ts';
import { type Article, draft, outline, review, revise } from './article.ts';
import { workflow, type WorkflowEvent } from './workflow.ts';

const command = example('workflow', 'A workflow that writes an article in four steps.')
  .argument('[topic...]', 'what a real model is to write about')
  .parse();
const topic = promptOf(command, 'marble diagrams');

await perform(command, script, ({ model, signal }) => {
  const steps = {
    outline: outline(model),
    draft: draft(model),
    review: review(model),
    revise: revise(model),
  };
  const events = workflow<Article>(steps, () => ({ topic, headings: [], text: '', objections: [] }));

  return lastValueFrom(events.pipe(showSteps, takeUntil(fromEvent(signal, 'abort'))), {
    defaultValue: undefined,
  });
});

/** The steps to the standard error output, with the end of what is being written; the article to the standard output. */
function showSteps(events: Observable<WorkflowEvent<Article>>): Observable<unknown> {
  const screen = createLogUpdate(process.stderr);
  let written = '';

  return events.pipe(
    tap((event) => {
      if (event.type === 'step') {
        written = '';
        screen.clear();
        if (event.state === 'done') console.error(styled('green', `✔ ${event.name}`));
        else if (isLive) screen(`… ${event.name}`);
      } else if (event.type === 'text-delta' && isLive) {
        written = (written + event.text).slice(-200);
        screen(styled('dim', `… ${show(written).slice(4 - (process.stderr.columns || 80))}`));
      } else if (event.type === 'result') {
        console.error('');
        console.log(toPrintable(event.context.text).trim());
      }
    }),
    tap({ finalize: () => screen.clear() }),
  );
}
