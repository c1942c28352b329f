/** A chat in the terminal: markdown as it streams, tools, kept conversations; reads and writes pipes, too. */
import { text } from 'node:stream/consumers';
import type { SessionStore } from 'rxllm/agents';
import { modelFrom } from 'rxllm/models';
import { playModel } from '../stage/playedModel.ts';
import { command, fail } from '../start/command.ts';
import { show } from '../start/lines.ts';
import { styled } from '../start/style.ts';
import { Chat } from './chat.ts';
import { defaultStore, describeList, listOf, openStore } from './conversations.ts';
import { Keyboard } from './keyboard.ts';
import { Screen } from './screen.ts';
import { script } from './script.ts';

interface Options {
  readonly model?: string;
  readonly session?: string;
  readonly list?: true;
  readonly store: string;
  readonly thinking?: true;
}

const help = '/new begins another conversation, /list lists them, /exit leaves. Ctrl-C stops an answer.';

const program = command(
  'chat',
  'A chat in the terminal. What comes from a pipe is one message, and what goes to one is the markdown of the answer.',
)
  .option('--model <provider/name>', 'a real model, openai/gpt-5-mini for instance, else one is played')
  .option('--session <id>', 'goes on with a conversation')
  .option('--list', 'lists the conversations')
  .option('--store <file>', 'where conversations are kept', defaultStore())
  .option('--thinking', 'shows thinking in full')
  .parse();
const options = program.opts<Options>();

const { stdin, stdout, stderr } = process;

try {
  await main();
} catch (error) {
  fail(error);
}
// Ends the server of a model that is played, too.
stdout.write('', () => process.exit());

async function main(): Promise<void> {
  const store = await openStore(options.store);
  if (options.list) {
    console.log(describeList(await listOf(store)));
    return;
  }

  const { session: id, thinking: showsThinking = false } = options;
  if (id !== undefined && !(await listOf(store)).some((entry) => entry.id === id)) {
    throw new Error(`there is no conversation ${id} in ${options.store}, see --list`);
  }
  const model = options.model === undefined ? await playModel(script) : modelFrom(options.model);
  const screen = stdout.isTTY && process.env['TERM'] !== 'dumb' ? new Screen(stdout) : undefined;
  const chat = new Chat({ model, isPlayed: options.model === undefined, store, id, showsThinking, screen });

  if (stdin.isTTY) await converse(chat, store);
  else await answerPipe(chat);
  if (chat.id !== undefined) console.error(styled('dim', howToResume(chat.id)));
}

/** Asks and answers until the user leaves. */
async function converse(chat: Chat, store: SessionStore): Promise<void> {
  const who = options.model ?? 'A model that is played in this process; --model asks a real one';
  console.error(styled('dim', `${show(who)}. /help tells what else there is.\n`));
  const keyboard = new Keyboard(stdout.isTTY ? stdout : stderr, await chat.recall());
  chat.keyboard = keyboard;
  onInterrupt(chat, () => keyboard.close());

  for (;;) {
    const line = await keyboard.ask('> ', { isRemembered: true });
    // A prompt that is left has no end of line.
    if (line === undefined) console.error();
    const said = line?.trim() ?? '/exit';
    if (said === '/exit') break;
    else if (said === '/help') console.error(help);
    else if (said === '/list') console.error(describeList(await listOf(store)));
    else if (said === '/new') chat.begin();
    else if (/^\/\w*$/.test(said)) console.error(`There is no ${said}. ${help}`);
    else if (said !== '') await chat.say(said);
  }
  keyboard.close();
}

/** Answers once what comes from a pipe. */
async function answerPipe(chat: Chat): Promise<void> {
  onInterrupt(chat, () => process.exit(130));
  const message = (await text(stdin)).trim();
  if (message === '') throw new Error('nothing was asked: the standard input is empty');
  const isWhole = await chat.say(message);
  if (!isWhole) process.exitCode ??= 1;
}

/** At Ctrl-C an answer stops; where there is none, or it is the second time, the chat ends. */
function onInterrupt(chat: Chat, leave: () => void): void {
  process.on('SIGINT', () => {
    if (!stdin.isTTY) process.exitCode = 130;
    if (!chat.isAnswering) {
      leave();
      return;
    }
    if (chat.stop()) return;
    if (chat.id !== undefined) console.error(`\n${howToResume(chat.id)}`);
    process.exit(130);
  });
}

function howToResume(id: string): string {
  const { store, model } = options;
  return [
    `Go on with: npm run example -- chat --session ${show(id)}`,
    ...(store === defaultStore() ? [] : [`--store ${store}`]),
    ...(model === undefined ? [] : [`--model ${model}`]),
  ].join(' ');
}
