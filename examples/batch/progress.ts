import cliProgress from 'cli-progress';

/** What the bar is told. */
export interface Progress {
  /** Items with a result on the disk, those of earlier runs included. */
  done: number;
  failed: number;
  cost: number;
}

/** The bar on the standard error output; where that is no terminal, a line every few seconds. */
export interface ProgressBar {
  readonly show: (progress: Progress) => void;
  readonly stop: () => void;
}

/** Shows how far it is, how fast it goes, what it has cost and how long it will still take. */
export function showProgress(total: number, begun: Progress): ProgressBar {
  const startedAt = performance.now();
  const payload = ({ done, failed, cost }: Progress) => {
    const seconds = (performance.now() - startedAt) / 1000;
    const ended = done + failed - begun.done;
    return {
      rate: seconds > 0 ? (ended / seconds).toFixed(1) : '–',
      cost: cost.toFixed(cost < 1 ? 4 : 2),
      failed: failed > 0 ? ` | ${failed} failed` : '',
    };
  };
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | {value}/{total}{failed} | {rate}/s | ${cost} | {eta_formatted} left',
      stream: process.stderr,
      noTTYOutput: true,
      notTTYSchedule: 5000,
      etaBuffer: 100,
      fps: 5,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, begun.done, payload(begun));

  return {
    show: (progress) => bar.update(progress.done + progress.failed, payload(progress)),
    stop: () => bar.stop(),
  };
}
