/** The table, the chart and the verdict. */
import type { Wire } from './bodies.ts';
import type { Round } from './child.ts';
import type { HeldMemory } from './memory.ts';
import type { Turns } from './operators.ts';
import { firstDelay, type WorkloadName, workloads } from './workloads.ts';

/** The rounds of every client for one workload and wire. */
export interface Result {
  readonly workload: WorkloadName;
  readonly wire: Wire;
  readonly rounds: ReadonlyMap<string, readonly Round[]>;
}

/** What is measured without a server. */
export interface Alone {
  readonly operators: Turns;
  readonly imports: Turns;
  readonly memory: HeldMemory;
}

export interface Report {
  readonly text: string;
  /** SVG. */
  readonly chart: string;
  readonly isMet: boolean;
}

interface Target {
  readonly what: string;
  readonly measured: number;
  readonly most: number;
}

/** What a ratio may be at most; missed above that and a tenth. */
const targets: Partial<Record<WorkloadName, Record<Wire, number>>> = {
  flat: { chat: 0.45, responses: 0.42, anthropic: 0.7, ollama: 0.9 },
  many: { chat: 0.5, responses: 0.45, anthropic: 0.8, ollama: 0.9 },
  json100: { chat: 0.6, responses: 0.6, anthropic: 0.6, ollama: 0.6 },
};
const aiSdkTargets: Record<Wire, number> = {
  chat: 1 / 8,
  responses: 1 / 8,
  anthropic: 1 / 12,
  ollama: 1 / 12,
};

const titles: Record<Wire, string> = {
  chat: 'OpenAI Chat',
  responses: 'OpenAI Responses',
  anthropic: 'Anthropic',
  ollama: 'Ollama',
};
const names: Record<string, string> = {
  rxllm: 'rxllm',
  fetch: 'fetch and parser',
  sdk: 'official SDK',
  sdkHelper: 'official SDK, helper',
  aiSdk: 'AI SDK',
  langchain: 'LangChain.js',
  openaiAgents: 'OpenAI Agents',
  tanstack: 'TanStack AI',
};

export function report(results: readonly Result[], alone: Alone | undefined): Report {
  const found: Target[] = [
    ...results.flatMap(targetsOf),
    ...(alone
      ? [
          turnsTarget('A million chunks through five operators, against those of RxJS', alone.operators, 1.2),
          turnsTarget("`import 'rxllm'` against `import 'rxjs'`", alone.imports, 1.3),
          ...memoryTargets(alone.memory),
        ]
      : []),
  ];
  const tables = [...new Set(results.map(({ workload }) => workload))].map((workload) =>
    tableOf(
      workload,
      results.filter((result) => result.workload === workload),
    ),
  );
  const verdict = [
    '| target | at most | measured | |',
    '| --- | --- | --- | --- |',
    ...found.map(
      ({ what, measured, most }) =>
        `| ${what} | ${round(most)} | ${round(measured)} | ${measured <= most ? 'met' : isMissed({ measured, most }) ? 'missed' : 'within a tenth'} |`,
    ),
  ].join('\n');
  return {
    text: [...tables, ...(found.length > 0 ? [`### Targets\n\n${verdict}`] : [])].join('\n\n') + '\n',
    chart: chartOf(results.filter(({ workload }) => workload === 'flat')),
    isMet: !found.some(isMissed),
  };
}

function isMissed({ measured, most }: Pick<Target, 'measured' | 'most'>): boolean {
  return measured > most * 1.1;
}

function tableOf(workload: WorkloadName, results: readonly Result[]): string {
  const clients = [...new Set(results.flatMap(({ rounds }) => [...rounds.keys()]))];
  const cell = (client: string, { rounds }: Result) => {
    const own = rounds.get(client);
    if (!own?.length) return '–';
    const wall = median(own.map((one) => one.wall));
    const time = workload === 'first' ? wall - firstDelay : wall;
    return `${round(time)} ms, ${round(ratio(rounds, client, 'sdk'))}, ${Math.round(Math.max(...own.map(({ memory }) => memory)))} MB`;
  };
  return [
    `### ${workloads[workload].title}`,
    '',
    `| client | ${results.map(({ wire }) => titles[wire]).join(' | ')} |`,
    `| --- | ${results.map(() => '---').join(' | ')} |`,
    ...clients.map(
      (client) =>
        `| ${names[client] ?? client} | ${results.map((result) => cell(client, result)).join(' | ')} |`,
    ),
  ].join('\n');
}

function targetsOf({ workload, wire, rounds }: Result): Target[] {
  const where = `${workloads[workload].title}, ${titles[wire]}`;
  const has = (client: string) => rounds.has('rxllm') && (rounds.get(client)?.length ?? 0) > 0;
  const found: Target[] = [];
  const most = targets[workload]?.[wire];
  if (most !== undefined && has('sdk')) {
    found.push({ what: `${where}: time against the SDK`, measured: ratio(rounds, 'rxllm', 'sdk'), most });
  }
  if (workload === 'flat' && has('fetch')) {
    found.push({
      what: `${where}: time against fetch and parser`,
      measured: ratio(rounds, 'rxllm', 'fetch'),
      most: 1.25,
    });
  }
  if (workload === 'flat' && has('aiSdk')) {
    found.push({
      what: `${where}: time against the AI SDK`,
      measured: ratio(rounds, 'rxllm', 'aiSdk'),
      most: aiSdkTargets[wire],
    });
  }
  if (workload === 'many' && has('sdk')) {
    found.push({ what: `${where}: memory against the SDK`, measured: memoryRatio(rounds), most: 1.4 });
  }
  if (workload === 'first' && has('sdk')) {
    const [own, sdk] = ['rxllm', 'sdk'].map(
      (client) => median((rounds.get(client) ?? []).map(({ wall }) => wall)) - firstDelay,
    ) as [number, number];
    found.push({
      what: `${where}: against the SDK, or half a millisecond more`,
      measured: own,
      most: Math.max(sdk * 1.1, sdk + 0.5),
    });
  }
  if (workload === 'json100' && has('aiSdk')) {
    found.push({
      what: `${where}: time against the AI SDK`,
      measured: ratio(rounds, 'rxllm', 'aiSdk'),
      most: 1 / 200,
    });
    found.push({
      what: `${where}: memory against the AI SDK`,
      measured: memoryRatio(rounds, 'aiSdk'),
      most: 0.1,
    });
  }
  return found;
}

function turnsTarget(what: string, { ours, other }: Turns, most: number): Target {
  return { what, measured: median(ours.map((own, index) => own / (other[index] ?? Number.NaN))), most };
}

function memoryTargets({ textLength, kept, dropped }: HeldMemory): readonly Target[] {
  return [
    {
      what: 'A million deltas: memory in times of the text',
      measured: Math.max(...kept) / textLength,
      most: 4,
    },
    {
      what: 'A million deltas without partial: memory in times of the text',
      measured: Math.max(0, ...dropped) / textLength,
      most: 0.1,
    },
  ];
}

/** The median of the ratios of the rounds; of medians, where they were not of one number. */
function ratio(rounds: Result['rounds'], client: string, base: string): number {
  const [own = [], other = []] = [rounds.get(client), rounds.get(base)];
  if (own.length !== other.length) {
    return median(own.map(({ wall }) => wall)) / median(other.map(({ wall }) => wall));
  }
  return median(own.map(({ wall }, index) => wall / (other[index]?.wall ?? Number.NaN)));
}

/** Of the peaks after as many rounds: what reads more often has had more to collect. */
function memoryRatio(rounds: Result['rounds'], base = 'sdk'): number {
  const count = Math.min(...['rxllm', base].map((client) => rounds.get(client)?.length ?? 0));
  const peak = (client: string) =>
    Math.max(...(rounds.get(client) ?? []).slice(0, count).map(({ memory }) => memory));
  return peak('rxllm') / peak(base);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function round(number: number): string {
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toPrecision(3);
}

/** Bars of the time for each client, in times of the official SDK. */
function chartOf(results: readonly Result[]): string {
  const bars = results.flatMap(({ wire, rounds }) => [
    { wire, label: titles[wire], value: undefined },
    ...[...rounds.keys()].map((client) => ({
      wire,
      label: names[client] ?? client,
      value: ratio(rounds, client, 'sdk'),
    })),
  ]);
  const most = Math.max(1, ...bars.map(({ value = 0 }) => value));
  const row = 22;
  const height = bars.length * row + 30;
  const lines = bars.map(({ label, value }, index) => {
    const y = 24 + index * row;
    if (value === undefined) return `<text x="0" y="${y + 14}" class="title">${label}</text>`;
    const width = Math.max(2, (value / most) * 420);
    return `<text x="160" y="${y + 14}" class="name">${label}</text><rect x="168" y="${y + 2}" width="${width.toFixed(1)}" height="${row - 6}" class="${label === 'rxllm' ? 'own' : 'other'}"/><text x="${(174 + width).toFixed(1)}" y="${y + 14}">${round(value)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="680" height="${height}" viewBox="0 0 680 ${height}" role="img" aria-label="Time to read 20,000 deltas, in times of the official SDK">
<style>text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;fill:#24292f}.name{text-anchor:end}.own{fill:#b7178c}.other{fill:#afb8c1}@media(prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}.own{fill:#e35ab6}.other{fill:#484f58}}</style>
<text x="0" y="14">Time to read 20,000 deltas, in times of the official SDK. Less is better.</text>
${lines.join('\n')}
</svg>
`;
}
