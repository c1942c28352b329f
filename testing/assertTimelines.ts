import type { TestMessage } from './chunkMessages.ts';
import { findDifference } from './difference.ts';
import { drawTimelines, listNotifications } from './drawTimelines.ts';
import { isChunk } from './format.ts';

/** When a stream was open, as the `TestScheduler` keeps it. */
interface SubscriptionLog {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/**
 * Compares what a marble test saw with what it expected, and shows both as diagrams where they differ.
 *
 * It is what a `TestScheduler` and rxjs-marbles ask for as `assertDeepEqual`. Errors are equal when their facts are:
 * class, message, provider, status and so on, but not the `partial`. Streams of other values and subscriptions are
 * compared and shown likewise.
 *
 * ```text
 * The timelines differ at 4 ms
 *
 *   ms        0 2    4
 *   expected  --(sH)-i-(f|)
 *   actual    --(sH)-o-(f|)
 *                    ^
 *   s  start fake fake
 *   …
 * ```
 *
 * @throws {Error} where they differ
 *
 * @example
 * ```ts
 * const scheduler = new TestScheduler(assertTimelines);
 * const { marbles } = configure({ run: true, frameworkMatcher: true, assertDeepEqual: assertTimelines });
 * ```
 */
export function assertTimelines(actual: unknown, expected: unknown): void {
  const difference = findDifference(actual, expected);
  if (!difference) return;
  if (areMessages(actual) && areMessages(expected)) throw new Error(compareMessages(actual, expected));
  if (areSubscriptions(actual) && areSubscriptions(expected)) {
    throw new Error(
      ['The subscriptions differ', ...listLogs('expected', expected), ...listLogs('actual', actual)].join(
        '\n',
      ),
    );
  }
  const place = difference.path === '' ? 'The values differ' : `The values differ in ${difference.path}`;
  throw new Error(`${place}\n  expected  ${difference.expected}\n  actual    ${difference.actual}`);
}

function compareMessages(actual: readonly TestMessage[], expected: readonly TestMessage[]): string {
  const index = [...expected, ...actual].findIndex(
    (_, each) => findDifference(actual[each], expected[each]) !== undefined,
  );
  const frames = [actual[index], expected[index]].flatMap((message) => (message ? [message.frame] : []));
  const frame = Math.min(...frames);
  const drawn = drawTimelines(
    [
      { label: 'expected', messages: expected },
      { label: 'actual', messages: actual },
    ],
    { mark: frame },
  );
  return [
    `The timelines differ at ${frame} ms`,
    '',
    drawn,
    '',
    `  At ${frame} ms`,
    ...listFrame('expected', expected, frame, [...expected, ...actual]),
    ...listFrame('actual', actual, frame, [...expected, ...actual]),
    ...listPlace(actual[index], expected[index]),
  ].join('\n');
}

function listFrame(
  label: string,
  messages: readonly TestMessage[],
  frame: number,
  all: readonly TestMessage[],
): string[] {
  const those = listNotifications(
    messages.filter((message) => message.frame === frame),
    all,
  );
  return (those.length === 0 ? ['nothing'] : those).map((each) => `    ${label.padEnd(8)}  ${each}`);
}

/** The one field in which two chunks of a type differ, where there is one. */
function listPlace(actual: TestMessage | undefined, expected: TestMessage | undefined): string[] {
  if (actual?.frame !== expected?.frame) return [];
  const one = contentOf(actual);
  const other = contentOf(expected);
  if (isChunk(one) && isChunk(other) && one.type !== other.type) return [];
  const difference = findDifference(one, other);
  if (!difference || difference.path === '') return [];
  const { path } = difference;
  return [`    in ${path}: expected ${difference.expected}, actual ${difference.actual}`];
}

function contentOf(message: TestMessage | undefined): unknown {
  const notification = message?.notification;
  return notification?.kind === 'N' ? notification.value : notification?.kind === 'E' && notification.error;
}

function listLogs(label: string, logs: readonly SubscriptionLog[]): string[] {
  return logs.length === 0
    ? [`  ${label.padEnd(8)}  none`]
    : logs.map((log) => `  ${label.padEnd(8)}  ${drawLog(log)}`);
}

/** In the notation of RxJS, with the frames in words. */
function drawLog({ subscribedFrame: from, unsubscribedFrame: to }: SubscriptionLog): string {
  const isShort = to <= 40;
  const diagram = isShort
    ? from === to
      ? `${'-'.repeat(from)}(^!)`
      : `${'-'.repeat(from)}^${'-'.repeat(to - from - 1)}!`
    : `${from === 0 ? '' : `${from}ms `}^`;
  const end = to === Number.POSITIVE_INFINITY ? 'open at the end' : `to ${to} ms`;
  return `${diagram}  from ${from} ms, ${end}`;
}

function areMessages(value: unknown): value is TestMessage[] {
  return Array.isArray(value) && value.every((item) => hasKeys(item, 'frame', 'notification'));
}

function areSubscriptions(value: unknown): value is SubscriptionLog[] {
  return Array.isArray(value) && value.every((item) => hasKeys(item, 'subscribedFrame', 'unsubscribedFrame'));
}

function hasKeys(value: unknown, ...keys: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
