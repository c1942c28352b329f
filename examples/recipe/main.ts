/** A structured answer that fills in on the screen while it streams, and is validated at its end. */
import { createLogUpdate } from 'log-update';
import { lastValueFrom, tap } from 'rxjs';
import { accumulateObject, interruptOn, latestPerFrame } from 'rxllm/operators';
import { example, perform, promptOf } from '../stage/perform.ts';
import { script } from '../stage/recipe.ts';
import { drawRecipe, recipe } from './drawRecipe.ts';

const command = example('recipe', 'A recipe that fills in while it streams.')
  .argument('[dish...]', 'what a real model is to cook')
  .parse();
const dish = promptOf(command, 'onion soup');

await perform(command, script, async ({ model, signal }) => {
  const snapshots = model
    .stream({ messages: [{ role: 'user', content: `A recipe for ${dish}.` }], outputSchema: recipe })
    .pipe(interruptOn(signal), accumulateObject(recipe), latestPerFrame(50));

  const { stdout } = process;
  if (stdout.isTTY) {
    const screen = createLogUpdate(stdout);
    await lastValueFrom(
      snapshots.pipe(
        tap({
          next: ({ value }) => screen(drawRecipe(value, stdout.columns || 80)),
          finalize: () => screen.done(),
        }),
      ),
      { defaultValue: undefined },
    );
  } else {
    // Whoever reads it through a pipe wants it whole.
    const last = await lastValueFrom(snapshots, { defaultValue: undefined });
    console.log(drawRecipe(last?.value));
  }
});
