import { EMPTY } from 'rxjs';
import type { LanguageModel } from 'rxllm';
import { accumulateObject, accumulateText } from 'rxllm/operators';
import { z } from 'zod';
import { keep, type Step } from './workflow.ts';

/** What the steps know of the article, and what they add to it. */
export interface Article {
  readonly topic: string;
  headings: readonly string[];
  text: string;
  objections: readonly string[];
}

const outlineSchema = z.object({ headings: z.array(z.string()) });
const reviewSchema = z.object({ objections: z.array(z.string()) });

/** Finds the headings. */
export function outline(model: LanguageModel): Step<Article> {
  return (article) => {
    const content = `Three headings for an article about ${article.topic}.`;
    return model.stream({ messages: [{ role: 'user', content }], outputSchema: outlineSchema }).pipe(
      keep(accumulateObject(outlineSchema), ({ status, value }) => {
        if (status === 'done') article.headings = value.headings;
      }),
    );
  };
}

/** Writes the text. */
export function draft(model: LanguageModel): Step<Article> {
  return (article) => {
    const { topic, headings } = article;
    return model
      .stream(`An article about ${topic}, a paragraph for each of these: ${headings.join(', ')}.`)
      .pipe(keep(accumulateText(), (text) => (article.text = text)));
  };
}

/** Finds what is wrong with the text. */
export function review(model: LanguageModel): Step<Article> {
  return (article) => {
    const content = `List your objections, none if it is good:\n\n${article.text}`;
    return model.stream({ messages: [{ role: 'user', content }], outputSchema: reviewSchema }).pipe(
      keep(accumulateObject(reviewSchema), ({ status, value }) => {
        if (status === 'done') article.objections = value.objections;
      }),
    );
  };
}

/** Mends it, where there is something to mend. */
export function revise(model: LanguageModel): Step<Article> {
  return (article) => {
    const { text, objections } = article;
    if (objections.length === 0) return EMPTY;
    return model
      .stream(`Mend this:\n\n${text}\n\nObjections:\n${objections.join('\n')}`)
      .pipe(keep(accumulateText(), (mended) => (article.text = mended)));
  };
}
