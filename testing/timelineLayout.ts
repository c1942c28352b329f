import type { TestMessage } from './chunkMessages.ts';
import { isEnd, Legend, type Mark, unsubscribed } from './legend.ts';

/** A timeline and what stands before it. */
export interface LabelledTimeline {
  readonly label: string;
  readonly messages: readonly TestMessage[];
  /** When its reader came; what was earlier is not drawn. @defaultValue before all messages */
  readonly subscribedFrame?: number;
  /** When its reader left, drawn as `!`; what comes later is not drawn. @defaultValue never */
  readonly unsubscribedFrame?: number;
}

/** What a timeline has in a frame. */
export interface Cell {
  readonly marks: readonly Mark[];
  /** Whether the timeline is open just before the frame, in it, and just after it. */
  readonly isOpenBefore: boolean;
  readonly isOpen: boolean;
  readonly isOpenAfter: boolean;
}

/** A frame in which something happens. */
export interface Column {
  readonly frame: number;
  /** One for each timeline. */
  readonly cells: readonly Cell[];
}

/** What any drawing of timelines has to show. */
export interface TimelineLayout {
  readonly columns: readonly Column[];
  /** What the characters stand for: values first, then the ways in which the timelines end. */
  readonly legend: readonly Mark[];
}

/** Puts timelines one below the other, equal frames in equal columns, each value with a character of its own. */
export function layOutTimelines(timelines: readonly LabelledTimeline[]): TimelineLayout {
  const legend = new Legend(timelines.flatMap(messagesOf));
  const lanes = timelines.map((timeline) => layOutLane(timeline, legend));
  const frames = new Set(lanes.flatMap(({ marks, from }) => [...marks.keys(), from]).filter(Number.isFinite));
  return {
    columns: [...frames]
      .sort((one, other) => one - other)
      .map((frame) => ({
        frame,
        cells: lanes.map(({ marks, from, to }) => ({
          marks: marks.get(frame) ?? [],
          isOpenBefore: from < frame && frame <= to,
          isOpen: from <= frame && frame <= to,
          isOpenAfter: from <= frame && frame < to,
        })),
      })),
    legend: [...legend.marks, ...differentEnds(lanes)],
  };
}

function differentEnds(lanes: readonly Lane[]): Mark[] {
  const ends = lanes.flatMap(({ marks }) => [...marks.values()].flat().filter(isEnd));
  return [...new Map(ends.map((end) => [end.meaning, end])).values()];
}

interface Lane {
  readonly marks: ReadonlyMap<number, readonly Mark[]>;
  readonly from: number;
  readonly to: number;
}

function layOutLane(timeline: LabelledTimeline, legend: Legend): Lane {
  const { subscribedFrame: from = -Infinity, unsubscribedFrame: left = Infinity } = timeline;
  const last = timeline.messages.at(-1);
  const end = !last || last.notification.kind === 'N' ? Infinity : last.frame;
  const marks = new Map<number, Mark[]>();
  const put = (frame: number, mark: Mark) => {
    const there = marks.get(frame);
    if (there) there.push(mark);
    else marks.set(frame, [mark]);
  };
  for (const message of messagesOf(timeline)) put(message.frame, legend.markOf(message));
  // Completion unsubscribes, too: RxJS writes that down as the same frame.
  if (left < end) put(left, unsubscribed);
  return { marks, from, to: Math.min(left, end) };
}

/** Those that its reader saw. */
function messagesOf(timeline: LabelledTimeline): readonly TestMessage[] {
  const { messages, subscribedFrame: from = -Infinity, unsubscribedFrame: left = Infinity } = timeline;
  return messages.filter(({ frame }) => from <= frame && frame <= left);
}

/** A time as it is shown: thousandths of a millisecond are all that a clock tells. */
export function formatTime(milliseconds: number): string {
  return String(Number(milliseconds.toFixed(3)));
}
