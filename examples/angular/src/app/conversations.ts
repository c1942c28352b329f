import { effect, Injectable, signal } from '@angular/core';
import { takeUntilDestroyed } from '@angular/core/rxjs-interop';
import { fromEvent } from 'rxjs';
import type { DeepPartial, ErrorFacts, Message } from 'rxllm';
import type { Trip } from '../../shared/trip.ts';
import { type Answer, noAnswer } from './streams/accumulateAnswer.ts';

/** A question and its answer. */
export interface Turn {
  readonly id: string;
  readonly prompt: string;
  readonly asTrip: boolean;
  /** The run on the server that answers; another one after a retry. */
  readonly run: string;
  readonly status: 'running' | 'done' | 'stopped' | 'failed';
  /** Empty while it is running: then the run tells. */
  readonly answer: Answer;
  readonly error?: ErrorFacts;
  /** What the reader made of the trip form. */
  readonly trip?: DeepPartial<Trip>;
}

export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly turns: readonly Turn[];
}

const key = 'conversations';

/** The conversations, kept in the storage of the browser; other tabs see the same. */
@Injectable({ providedIn: 'root' })
export class Conversations {
  readonly #all = signal(read());
  readonly all = this.#all.asReadonly();

  constructor() {
    effect(() => localStorage.setItem(key, JSON.stringify(this.#all())));
    fromEvent<StorageEvent>(window, 'storage')
      .pipe(takeUntilDestroyed())
      .subscribe((event) => {
        if (event.key === key) this.#all.set(read());
      });
  }

  /** Adds a turn at the end of a conversation, which begins with it if there is none of that id. */
  add(conversationId: string, turn: Turn): void {
    this.#all.update((all) => {
      const isThere = all.some(({ id }) => id === conversationId);
      const known = isThere ? all : [{ id: conversationId, title: toTitle(turn.prompt), turns: [] }, ...all];
      return known.map((one) => (one.id === conversationId ? { ...one, turns: [...one.turns, turn] } : one));
    });
  }

  /** Changes the turn that a run answers. */
  change(run: string, change: Partial<Turn>): void {
    this.#replace(run, (turn) => ({ ...turn, ...change }));
  }

  /** Lets another run answer a turn. */
  restart(run: string, nextRun: string): void {
    this.#replace(run, ({ id, prompt, asTrip }) => ({ ...newTurn(prompt, asTrip), id, run: nextRun }));
  }

  remove(conversationId: string): void {
    this.#all.update((all) => all.filter(({ id }) => id !== conversationId));
  }

  /** What was said before a turn, for the model; all of it where the turn is new. */
  before(conversationId: string, turnId: string): readonly Message[] {
    const turns = this.#all().find(({ id }) => id === conversationId)?.turns ?? [];
    const index = turns.findIndex(({ id }) => id === turnId);
    return turns
      .slice(0, index === -1 ? undefined : index)
      .filter(({ answer }) => answer.messages.length > 0)
      .flatMap(({ prompt, answer }) => [{ role: 'user', content: prompt } as const, ...answer.messages]);
  }

  #replace(run: string, change: (turn: Turn) => Turn): void {
    this.#all.update((all) =>
      all.map((conversation) => {
        const turns = conversation.turns.map((turn) => (turn.run === run ? change(turn) : turn));
        return { ...conversation, turns };
      }),
    );
  }
}

/** A turn that is about to be answered. */
export function newTurn(prompt: string, asTrip: boolean): Turn {
  return {
    id: crypto.randomUUID(),
    run: crypto.randomUUID(),
    prompt,
    asTrip,
    status: 'running',
    answer: noAnswer,
  };
}

function toTitle(prompt: string): string {
  const line = prompt.trim().replace(/\s+/g, ' ');
  return line.length > 48 ? `${line.slice(0, 47)}…` : line;
}

function read(): readonly Conversation[] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '[]') as readonly Conversation[];
  } catch {
    return [];
  }
}
