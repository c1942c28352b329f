import { withTimeout } from '../../../operators/withTimeout.ts';
import type { Expected, Fault } from '../fault.ts';
import { framed, open, opening, rest } from '../plays.ts';

const late: Expected = { ends: 'StreamTimeoutError', retryable: true, kept: '', connection: 'closed' };
const silence: Expected = { ends: 'silence', connection: 'closed' };
const aborted: Expected = { ends: 'finish: aborted', kept: 'Hel', connection: 'closed' };
const timeout = () => withTimeout({ first: 150, each: 150 });

/** Servers that fall silent. */
export const silences: readonly Fault[] = [
  {
    name: 'stall before the headers',
    play: () => undefined,
    through: timeout,
    expected: { ...late, says: 'no content within 150 ms' },
  },
  {
    name: 'stall before the first chunk',
    play: open(() => ''),
    through: timeout,
    expected: { ...late, says: 'no content within 150 ms' },
  },
  {
    name: 'stall behind the opening',
    play: open((wire) => framed(wire, wire.opening)),
    through: timeout,
    expected: { ...late, says: 'no content within 150 ms' },
  },
  {
    name: 'stall in mid-stream',
    play: open(opening),
    through: timeout,
    expected: { ...late, kept: 'Hel', says: 'no further content within 150 ms' },
  },
  {
    name: 'stall in the middle of an event',
    play: open((wire) => opening(wire) + framed(wire, wire.text('lo')).slice(0, -12)),
    through: timeout,
    expected: { ...late, kept: 'Hel' },
  },
];

/** Streams that are stopped from this side. */
export const stops: readonly Fault[] = [
  {
    name: 'unsubscribed at once',
    leaves: 'at once',
    expected: { ...silence, connection: 'none', requests: 0 },
  },
  {
    name: 'unsubscribed before the headers',
    play: () => undefined,
    leaves: 'before headers',
    expected: silence,
  },
  {
    name: 'unsubscribed before the first chunk',
    play: open(() => ''),
    leaves: 'before the first chunk',
    expected: silence,
  },
  {
    name: 'unsubscribed at a chunk',
    play: open((wire) => opening(wire) + rest(wire)),
    leaves: 'at a chunk',
    expected: { ...silence, kept: 'Hel' },
  },
  {
    name: 'unsubscribed in mid-stream',
    play: open(opening),
    leaves: 'in mid-stream',
    expected: { ...silence, kept: 'Hel' },
  },
  {
    name: '`interruptOn` a signal that has fired',
    interrupts: 'before subscribing',
    expected: { ends: 'completion', connection: 'none', requests: 0 },
  },
  {
    name: '`interruptOn` at once',
    interrupts: 'at once',
    expected: { ends: 'completion', connection: 'none', requests: 0 },
  },
  {
    name: '`interruptOn` before the headers',
    interrupts: 'before headers',
    play: () => undefined,
    expected: { ends: 'completion', connection: 'closed' },
  },
  {
    name: '`interruptOn` before the first chunk',
    interrupts: 'before the first chunk',
    play: open(() => ''),
    expected: { ends: 'completion', connection: 'closed' },
  },
  {
    name: '`interruptOn` at a chunk',
    interrupts: 'at a chunk',
    play: open((wire) => opening(wire) + rest(wire)),
    expected: aborted,
  },
  {
    name: '`interruptOn` in mid-stream',
    interrupts: 'in mid-stream',
    play: open(opening),
    expected: aborted,
  },
  {
    name: "`interruptOn` with `as: 'error'`",
    interrupts: 'in mid-stream',
    as: 'error',
    play: open(opening),
    expected: { ...aborted, ends: 'StreamAbortedError', retryable: false },
  },
];
