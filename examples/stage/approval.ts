import type { Script } from './playedModel.ts';

const recipients = ['ada@example.org', 'grace@example.org'];

/** A model that wants to send two mails, and tells what came of it. */
export const script: Script = (messages, call) =>
  call === 0
    ? {
        text: 'I write to both of them.',
        calls: recipients.map((to) => ({
          name: 'send_mail',
          arguments: { to, subject: 'Lunch', body: 'The lunch is at noon.' },
        })),
      }
    : { text: `${count(messages)} of ${recipients.length} mails are on their way.` };

function count(messages: Parameters<Script>[0]): number {
  return messages.filter(({ role, content }) => role === 'tool' && JSON.stringify(content).includes('sent'))
    .length;
}
