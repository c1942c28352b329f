import * as allFacts from './facts/index.ts';
import { readTimelines, type TimelineDiagram } from './readTimeline.ts';
import type { DocumentedFunction } from './readSource.ts';
import type { RecordedRow } from './recordedRow.ts';
import { type DiagramFacts, runTimeline } from './runTimeline.ts';

/** A diagram of a page and what happened when it ran. */
export interface RunDiagram {
  /** What it shows; empty for those of the doc comment. */
  readonly title: string;
  readonly text: string;
  readonly rows: readonly RecordedRow[];
  readonly meanings: TimelineDiagram['meanings'];
}

const factsOf = (name: string): DiagramFacts =>
  (allFacts as Readonly<Record<string, DiagramFacts>>)[name] ?? {};

/** Runs the timelines of a doc comment, and those that the facts add to it. */
export function runDiagrams({ name, timelines }: DocumentedFunction): RunDiagram[] {
  const facts = factsOf(name);
  const further = (facts.further ?? []).flatMap(({ title, timelines: text }) =>
    readTimelines(dedent(text)).map((diagram) => ({ title, diagram })),
  );
  const all = [...readTimelines(timelines).map((diagram) => ({ title: '', diagram })), ...further];
  return all.map(({ title, diagram }) => run(title, diagram, facts));
}

function run(title: string, diagram: TimelineDiagram, facts: DiagramFacts): RunDiagram {
  return { title, text: diagram.text, meanings: diagram.meanings, rows: runTimeline(diagram, facts) };
}

function dedent(text: string): string {
  const lines = text.replaceAll(/^\n|\n\s*$/g, '').split('\n');
  const indent = Math.min(...lines.filter((line) => line !== '').map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(indent)).join('\n');
}
