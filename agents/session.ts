import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import { agent } from './agent.ts';
import type { Session, SessionOptions, SessionSettings } from './internal/sessionContract.ts';
import { AgentSession } from './internal/sessionOfAgent.ts';

/** The options, as somebody without types may give them. */
type Unchecked = Omit<SessionSettings, 'id'> & { readonly id?: unknown; readonly agent?: unknown };

/**
 * Makes a session: an agent, or a model, with a conversation that is kept.
 *
 * What is said is recorded while it is said, in a log to which records are only added: the user's message at once, what
 * has come of an answer every 300 ms or 4,096 characters, results of tools at once, each finished message, the end of
 * the run. Chunks never wait for that; only the last one of a run does, so a run that has completed is stored, and the
 * first one of a run that is resumed, so no tool runs before that is stored. Nothing is read or written before something
 * is subscribed to. Every run begins with the agent of the session, whoever it handed over to before.
 *
 * A session with the `id` of one in the store continues it, in another process and after a crash, too. What had been
 * recorded of an answer that broke off is then a message marked `partial`, as it is where a run fails, is stopped
 * or is unsubscribed from; tool calls without a result get one that says so, and never run again. So the
 * conversation can always go on. A run that waits for approval waits in the store.
 *
 * One run goes at a time. The others wait for their turn, or stop the one that goes:
 *
 * ```text
 * 1st send:  s-t---t-(fmR|)               s: start, t: text, f: finish, m: message, R: run-finish
 * 2nd send:  --........s-t-(fmR|)         whileRunning: 'queue'
 *
 * 1st send:  s-(fmR|)                     finish and run-finish of reason 'aborted', m: 't' is missing
 * 2nd send:  --s-t-(fmR|)                 whileRunning: 'replace'
 * ```
 *
 * A store that fails holds nothing up: what could not be written is tried again with the next records and at the end
 * of the run, and only then the stream errors, all its chunks delivered. One session in one place: where it was
 * continued elsewhere meanwhile, that error has the code `CONFLICT`. Nothing can be added then, so the model is not
 * asked again; make the session anew. A tool's result that is no JSON is stored as the text that says so.
 *
 * The original of what `compaction` replaces stays in the log.
 *
 * @throws {TypeError | RangeError} where an option is wrong, naming it
 *
 * @example
 * ```ts
 * const chat = session({ model, store: sqliteStore('chats.db'), id: 'work' });
 * chat.send('What did I ask yesterday?').pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link memoryStore}, `rxllm/agents/fileStore`, `rxllm/agents/sqliteStore`; {@link SessionStore} for one of your own.
 */
export function session<Context = unknown, Output = unknown>(
  options: SessionOptions<Context, Output>,
): Session<Context, Output> {
  check(options);
  const { agent: asked, model, ...settings } = options;
  const { scheduler } = settings;
  return new AgentSession(
    asked ?? agent<Context, Output>({ model, ...(scheduler && { scheduler }) }),
    settings,
  );
}

function check({ agent: asked, id, store, whileRunning, compaction }: Unchecked): void {
  checkMethod('agent', asked, 'resume');
  checkMethod('store', store, 'append');
  checkMethod('compaction', compaction, 'with');
  if (id !== undefined && (typeof id !== 'string' || id === '')) {
    throw new TypeError(`session: id must be a non-empty string, not ${JSON.stringify(id)}`);
  }
  checkNumber('session', 'compaction.above', compaction?.above);
  checkOneOf('session', 'whileRunning', whileRunning, ['queue', 'replace']);
}

function checkMethod(option: string, value: unknown, method: string): void {
  if (value === undefined || typeof (value as Record<string, unknown> | null)?.[method] === 'function')
    return;
  throw new TypeError(`session: ${option} must have a function ${method}`);
}
