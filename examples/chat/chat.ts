import { firstValueFrom, lastValueFrom } from 'rxjs';
import { type LanguageModel, toErrorFacts } from 'rxllm';
import {
  type Agent,
  agent,
  type Session,
  session,
  type SessionMessage,
  type SessionStore,
} from 'rxllm/agents';
import { shareRun } from 'rxllm/operators';
import { askConsent } from '../approval/consent.ts';
import { fileTools } from '../researchAssistant/fileTools.ts';
import { steady } from '../start/conversation.ts';
import { show } from '../start/lines.ts';
import { toPrintable } from '../start/printable.ts';
import { styled } from '../start/style.ts';
import { weather } from '../start/weather.ts';
import { drawAnswer, printAnswer } from './answer.ts';
import { coloured } from './colour.ts';
import { newId, textOf, titleOf, toEntries } from './conversations.ts';
import { Drawing } from './drawing.ts';
import { type Keyboard, toOneLine } from './keyboard.ts';
import type { Screen } from './screen.ts';

/** What a chat needs. */
export interface ChatOptions {
  readonly model: LanguageModel;
  /** Whether the model is played, and so may ask for a weather that is made up. */
  readonly isPlayed: boolean;
  readonly store: SessionStore;
  /** The conversation to go on with. */
  readonly id?: string | undefined;
  readonly showsThinking: boolean;
  /** Absent where the answer does not go to a terminal. */
  readonly screen?: Screen | undefined;
}

/** One conversation after the other, and what is to be seen of them. */
export class Chat {
  readonly #options: ChatOptions;
  readonly #agent: Agent;
  #session: Session | undefined;
  #stop: AbortController | undefined;
  #hasAnswered = false;
  /** Who is asked for consent; without, every question is answered by no. */
  keyboard: Keyboard | undefined;

  constructor(options: ChatOptions) {
    const { model, isPlayed, id, store } = options;
    const approve = askConsent((question, prefilled) => this.#askConsent(question, prefilled));
    const tools = fileTools(process.cwd()).filter(({ name }) => name === 'write_file');
    this.#options = options;
    this.#agent = agent({
      model: steady(model, { afterOutput: 'fail' }),
      tools: [...(isPlayed ? [weather] : []), ...tools.map((tool) => ({ ...tool, approve }))],
      // So a question does not come in the middle of a sentence.
      startTools: 'finished',
    });
    if (id !== undefined) this.#session = session({ agent: this.#agent, store, id });
  }

  /** Of the conversation, if something was said in it. */
  get id(): string | undefined {
    return this.#session?.id;
  }

  get isAnswering(): boolean {
    return this.#stop !== undefined;
  }

  /** Stops the answer; false where it is to stop already. */
  stop(): boolean {
    const isFirst = this.#stop?.signal.aborted === false;
    this.#stop?.abort();
    return isFirst;
  }

  /** The next message begins another conversation. */
  begin(): void {
    this.#session = undefined;
  }

  /** Says something and shows the answer; false where there was none, or not all of it. */
  async say(message: string): Promise<boolean> {
    const { store, model, screen, showsThinking } = this.#options;
    this.#session ??= session({ agent: this.#agent, store, id: newId(), title: titleOf(message) });
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const run = this.#session.send(message, { interruptOn: signal }).pipe(shareRun());
    const options = { model, signal, showsThinking };
    // One markdown text of all answers.
    if (!screen && this.#hasAnswered) process.stdout.write('\n');
    this.#hasAnswered = true;
    try {
      const shown = screen ? drawAnswer(run, screen, options) : printAnswer(run, options);
      await lastValueFrom(shown, { defaultValue: undefined });
      return !signal.aborted;
    } catch (error) {
      // On the screen it stands already.
      if (!screen) console.error(styled('red', `error: ${show(toErrorFacts(error).message)}`));
      return false;
    } finally {
      this.#stop = undefined;
      // The question may have been taken back.
      screen?.resume();
    }
  }

  /** Draws what was said before, and gives what the user said, the latest first. */
  async recall(): Promise<readonly string[]> {
    if (!this.#session) return [];
    const { messages } = await firstValueFrom(this.#session.history);
    for (const { said, answers } of turnsOf(messages)) this.#drawTurn(said, answers);
    return messages
      .filter(({ role }) => role === 'user')
      .map((message) => toOneLine(toPrintable(textOf(message))))
      .reverse();
  }

  #drawTurn(said: string, answers: readonly SessionMessage[]): void {
    const { screen, showsThinking } = this.#options;
    if (!screen) return;
    const question = toPrintable(said)
      .split('\n')
      .map((line) => coloured('bold', `> ${line}`));
    const drawing = new Drawing({ showsThinking });
    const lane = { state: 'done', entries: toEntries(answers) } as const;
    const { finished } = drawing.draw(lane, { columns: screen.columns, spinner: '' });
    screen.draw({ finished: [...question, ...finished, ''], live: [] });
  }

  async #askConsent(question: string, prefilled?: string): Promise<string | undefined> {
    const { keyboard } = this;
    const signal = this.#stop?.signal;
    if (!keyboard || !signal) return undefined;
    const { screen } = this.#options;
    screen?.suspend();
    const answer = await keyboard.ask(question, { prefilled, signal });
    screen?.resume();
    return answer;
  }
}

/** Each message of the user with what came of it. */
function turnsOf(
  messages: readonly SessionMessage[],
): readonly { readonly said: string; readonly answers: readonly SessionMessage[] }[] {
  const starts = messages.flatMap(({ role }, at) => (role === 'user' ? [at] : []));
  return starts.flatMap((start, index) => {
    const message = messages[start];
    return message ? [{ said: textOf(message), answers: messages.slice(start + 1, starts[index + 1]) }] : [];
  });
}
