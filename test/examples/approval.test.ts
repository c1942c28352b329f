import { describe, expect, it } from 'vitest';
import { type Ask, askConsent } from '../../examples/approval/consent.ts';
import { runExample } from './runExample.ts';

const mail = { toolCallId: '1', toolName: 'send_mail', arguments: { to: 'ada' } };

/** A person who gives these answers and then leaves. */
function person(...answers: string[]): { ask: Ask; questions: string[] } {
  const questions: string[] = [];
  const ask: Ask = (question) => {
    questions.push(question);
    return Promise.resolve(answers.shift());
  };
  return { ask, questions };
}

describe('askConsent', () => {
  it.each([
    [['y'], true],
    [['Yes'], true],
    [['no'], { approved: false, reason: 'The user does not want this.' }],
    [['always'], { approved: true, always: true }],
    [['e', '{"to":"bob"}'], { approved: true, arguments: { to: 'bob' } }],
    [['what?', 'y'], true],
    [['e', '{no json', 'y'], true],
    [[], { approved: false, reason: 'Nobody was there to allow it.' }],
  ])('understands %j', async (answers, decision) => {
    expect(await askConsent(person(...answers).ask)(mail)).toEqual(decision);
  });

  it('shows what is to be run, without control sequences, and offers it for editing', async () => {
    const asked: unknown[] = [];
    const gate = askConsent((...question) => {
      asked.push(question);
      return Promise.resolve(asked.length === 1 ? 'e' : '{}');
    });
    await gate({ ...mail, arguments: { to: '\u009b2Jada' } });

    expect(asked).toEqual([
      ['send_mail {"to":"ada"}\nallow it? yes, no, edit or always: '],
      ['arguments: ', '{"to":"\u009b2Jada"}'],
    ]);
  });

  it('asks about one call after the other, and no more about a tool that is always allowed', async () => {
    const { ask, questions } = person('always', 'n');
    const gate = askConsent(ask);
    const decisions = await Promise.all([gate(mail), gate(mail), gate({ ...mail, toolName: 'delete_mail' })]);

    expect(decisions).toMatchObject([{ always: true }, true, { approved: false }]);
    expect(questions.map((question) => question.split(' ', 1)[0])).toEqual(['send_mail', 'delete_mail']);
  });
});

describe('npm run example -- approval', { timeout: 30_000 }, () => {
  it('reads the answers from a pipe, and edits what is sent', async () => {
    const { stdout, stderr, code } = await runExample('approval/main.ts', {
      input: 'n\ne\n{"to":"bob@example.org","subject":"Tea","body":"x"}\n',
    });

    expect({ stdout, code }).toEqual({
      stdout: 'I write to both of them.\n1 of 2 mails are on their way.\n',
      code: 0,
    });
    expect(stderr).toContain('send_mail answered: sent "Tea" to bob@example.org');
  });

  it('stops gracefully at Ctrl-C while it waits for an answer', async () => {
    const { stdout, stderr, code } = await runExample('approval/main.ts', { interruptAt: 'allow it?' });

    expect({ stdout, code }).toEqual({ stdout: 'I write to both of them.\n', code: 130 });
    expect(stderr).toMatch(/(send_mail failed: .*aborted.*\n){2}Interrupted\.\n$/);
  });
});
