import { EMPTY, ignoreElements, lastValueFrom } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { inVirtualTime, text } from 'rxllm/testing';
import { describe, expect, it } from 'vitest';
import { type Article, draft, outline, review, revise } from '../../examples/workflow/article.ts';
import { type Step, workflow } from '../../examples/workflow/workflow.ts';
import { runExample } from './runExample.ts';

const empty: Article = { topic: 'tea', headings: [], text: '', objections: [] };

describe('the step outline', () => {
  it(
    'asks for headings of the topic and keeps them',
    inVirtualTime(({ fakeModel, expectChunks, flush }) => {
      const article = { ...empty };
      const values = { a: text('{"headings":["Leaf"'), b: text(',"Cup"]}') };
      const model = fakeModel(['--a--b|'], { values });

      expectChunks(outline(model)(article)).toBe('--a--b|', values);
      flush();
      expect(article.headings).toEqual(['Leaf', 'Cup']);
      expect(model.calls[0]?.request.messages).toMatchObject([
        { content: 'Three headings for an article about tea.' },
      ]);
    }),
  );

  it(
    'fails, and keeps nothing, when the answer does not fit',
    inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
      const article = { ...empty };
      const timeline = recordTimeline(
        outline(fakeModel(['-a|'], { values: { a: text('{"headings":1}') } }))(article),
      );
      flush();

      expect(timeline.error).toMatchObject({ name: 'StructuredOutputError', path: ['headings'] });
      expect(article.headings).toEqual([]);
    }),
  );
});

describe('the step draft', () => {
  it(
    'writes about the headings, and the text streams',
    inVirtualTime(({ fakeModel, expectChunks, flush }) => {
      const article = { ...empty, headings: ['Leaf', 'Cup'] };
      const model = fakeModel(['--T-e-a|']);

      expectChunks(draft(model)(article)).toBe('--T-e-a|');
      flush();
      expect(article.text).toBe('Tea');
      expect(model.calls[0]?.request.messages).toMatchObject([
        { content: expect.stringContaining('Leaf, Cup') as string },
      ]);
    }),
  );
});

describe('the step review', () => {
  it(
    'keeps the objections',
    inVirtualTime(({ fakeModel, expectChunks, flush }) => {
      const article = { ...empty, text: 'Tea' };
      const values = { a: text('{"objections":["short"]}') };

      expectChunks(review(fakeModel(['-a|'], { values }))(article)).toBe('-a|', values);
      flush();
      expect(article.objections).toEqual(['short']);
    }),
  );
});

describe('the step revise', () => {
  it(
    'mends what there are objections to',
    inVirtualTime(({ fakeModel, expectChunks, flush }) => {
      const article = { ...empty, text: 'Tea', objections: ['short'] };

      expectChunks(revise(fakeModel(['-T-e-a-s|']))(article)).toBe('-T-e-a-s|');
      flush();
      expect(article.text).toBe('Teas');
    }),
  );

  it(
    'asks nobody when there are none',
    inVirtualTime(({ fakeModel, expectChunks, flush }) => {
      const model = fakeModel([]);

      expectChunks(revise(model)({ ...empty, text: 'Tea' })).toBe('|');
      flush();
      expect(model.calls).toEqual([]);
    }),
  );
});

describe('workflow', () => {
  it(
    'runs one step after the other, in one context, and tells where it is',
    inVirtualTime(({ fakeModel, expectSubscriptions, flush }) => {
      const model = fakeModel(['--a|', '-b|']);
      const one: Step<Article> = (article) => {
        article.text += 'one';
        return model.stream('one');
      };
      const two: Step<Article> = (article) => {
        article.text += ' two';
        return model.stream('two');
      };
      const events = workflow({ one, two }, () => ({ ...empty }));
      const seen: string[] = [];
      events.subscribe((event) => seen.push('name' in event ? `${event.name} ${event.state}` : event.type));
      flush();

      expectSubscriptions(model.subscriptions).toBe(['^--!', '---^-!']);
      expect(seen).toEqual([
        ...['one started', 'start', 'text-delta', 'finish', 'one done'],
        ...['two started', 'start', 'text-delta', 'finish', 'two done', 'result'],
      ]);
    }),
  );

  it('ends with the context, which is new for each subscriber', async () => {
    const note: Step<Article> = (article) => {
      article.text += 'noted';
      return EMPTY;
    };
    const events = workflow({ note }, () => ({ ...empty }));
    const result = { type: 'result', context: { ...empty, text: 'noted' } };

    expect(await lastValueFrom(events)).toEqual(result);
    expect(await lastValueFrom(events)).toEqual(result);
  });

  it(
    'begins no further step when one fails or when it is unsubscribed from',
    inVirtualTime(({ fakeModel, cold, expectObservable, expectSubscriptions, flush }) => {
      const model = fakeModel([]);
      const ask: Step<Article> = () => model.stream('more');
      const failing = workflow({ fail: () => cold<StreamChunk>('--#'), ask }, () => empty).pipe(
        ignoreElements(),
      );
      const slow = cold<StreamChunk>('-----|');
      const stopped = workflow({ slow: () => slow, ask }, () => empty).pipe(ignoreElements());

      expectObservable(failing).toBe('--#');
      expectObservable(stopped, '^--!').toBe('----');
      expectSubscriptions(slow.subscriptions).toBe('^--!');
      flush();
      expect(model.calls).toEqual([]);
    }),
  );
});

describe('npm run example -- workflow', { timeout: 30_000 }, () => {
  it('writes its steps to the standard error output and the article to the standard output', async () => {
    const { stdout, stderr, code } = await runExample('workflow/main.ts');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^A marble diagram [^]* a bar is the end\.[^]*in no time\.\n$/);
    expect(stderr).toBe('✔ outline\n✔ draft\n✔ review\n✔ revise\n\n');
  });
});
