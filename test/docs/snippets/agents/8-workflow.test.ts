import { concat, defer, tap } from 'rxjs';
import type { LanguageModel } from 'rxllm';
import { agent } from 'rxllm/agents';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

/** Two steps; the second is told what the first has found. */
function article(model: LanguageModel, topic: string) {
  return defer(() => {
    const found: string[] = [];
    const collect = agent({ name: 'collect', model })
      .stream(`Facts about ${topic}`)
      .pipe(tap((chunk) => chunk.type === 'text-delta' && found.push(chunk.text)));
    const write = defer(() => agent({ name: 'write', model }).stream(`Write of: ${found.join('')}`));
    return concat(collect, write);
  });
}

it(
  'writes of what it has found',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const model = fakeModel(['--o-l-d|', '--t-e-x-t|']);
    const screen = recordTimeline(article(model, 'Bern'));
    flush();

    expect(screen.textAt(18)).toBe('oldtext');
    expect(model.calls[1]).toMatchObject({ subscribedFrame: 7 });
    expect(model.calls[1]?.request.messages).toMatchObject([{ content: 'Write of: old' }]);
  }),
);
