import { type Message, selectText } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

const prompt = (manner: string, things: string): readonly Message[] => [
  { role: 'system', content: `You are ${manner}.` },
  { role: 'user', content: `Why do ${things} roll?` },
];
const model = openaiChat('gpt-5-mini');
const chain = (manner: string, things: string) =>
  model.stream({ messages: prompt(manner, things) }).pipe(selectText());

chain('brief', 'marbles').subscribe((text) => process.stdout.write(text));
