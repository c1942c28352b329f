import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('worker.ts', import.meta.url));

/** How worker processes work. */
export interface WorkerPlan {
  readonly port: number;
  /** Milliseconds that an answer takes. */
  readonly duration: number;
  readonly concurrency: number;
  readonly stalledAfter: number;
}

/** Worker processes, of which one after the other can be killed; another then takes its place. */
export class Workers {
  readonly #plan: WorkerPlan;
  readonly #running: ChildProcess[] = [];
  /** Those that have answered something. */
  readonly #atWork = new Set<ChildProcess>();
  /** How many were killed. */
  killed = 0;

  constructor(plan: WorkerPlan, count: number) {
    this.#plan = plan;
    for (let index = 0; index < count; index += 1) this.start();
  }

  start(): ChildProcess {
    const { port, duration, concurrency, stalledAfter } = this.#plan;
    const worker = fork(program, [port, duration, concurrency, stalledAfter].map(String));
    this.#running.push(worker);
    worker.once('message', () => this.#atWork.add(worker));
    return worker;
  }

  /** Kills the one that has been at work the longest, as a machine dies, and starts another. */
  async killOne(): Promise<void> {
    const place = this.#running.findIndex((each) => this.#atWork.has(each));
    const [worker] = this.#running.splice(Math.max(0, place), 1);
    worker?.kill('SIGKILL');
    this.killed += 1;
    this.start();
    if (worker) await once(worker, 'exit');
  }

  async end(): Promise<void> {
    const exits = this.#running.map((worker) => once(worker, 'exit'));
    for (const worker of this.#running.splice(0)) worker.kill('SIGKILL');
    await Promise.all(exits);
  }
}
