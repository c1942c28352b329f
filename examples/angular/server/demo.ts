import { LLMock } from '@copilotkit/aimock';
import { openai } from 'rxllm/providers/openai';
import type { Suggestion } from '../shared/api.ts';
import type { Trip } from '../shared/trip.ts';
import type { Service } from './model.ts';

const coat = 'Do I need a coat in Bern today?';
const afternoon = 'What can I see in Bern in one afternoon?';
const weekend = 'A long weekend in Lisbon in May, not too busy';
const train = 'Tell me about the night train to Vienna';

/** Questions to which the script of the demo knows an answer. */
export const suggestions: readonly Suggestion[] = [
  { title: 'Do I need a coat?', prompt: coat },
  { title: 'One afternoon in Bern', prompt: afternoon },
  { title: 'Fill in a trip', prompt: weekend, asTrip: true },
  { title: 'A line that breaks', prompt: train },
];

const name = 'gpt-5-mini';
const pace = { streamingProfile: { ttft: 400, tps: 28, jitter: 0.4 } };
const brisk = { streamingProfile: { ttft: 400, tps: 45, jitter: 0.4 } };

/** A model that is played by a server in this process: real SDK, real protocol, no key. The server ends with the process. */
export async function startDemo(): Promise<Service> {
  const mock = new LLMock({ port: 0, chunkSize: 5 });
  addScript(mock);
  const host = await mock.start();
  const model = openai(name, { baseURL: `${host}/v1`, apiKey: 'none is needed' });
  return { model, price: { input: 0.25, output: 2 } };
}

/** Tells a server what to say. */
export function addScript(mock: LLMock): void {
  mock.on({ userMessage: coat, hasToolResult: false }, askForWeather, pace);
  mock.on({ userMessage: coat, hasToolResult: true }, coatAnswer, pace);
  mock.on({ userMessage: afternoon }, afternoonAnswer, brisk);
  mock.on({ userMessage: weekend }, tripAnswer, brisk);
  for (const sequenceIndex of [0, 2, 4, 6, 8]) {
    mock.on({ userMessage: train, sequenceIndex }, trainAnswer, { ...brisk, truncateAfterChunks: 45 });
  }
  mock.on({ userMessage: train }, trainAnswer, brisk);
  mock.on({ predicate: ({ response_format: format }) => format !== undefined }, tripAnswer, brisk);
  mock.on({}, anyAnswer, brisk);
}

const askForWeather = {
  reasoning:
    'A coat depends on temperature, wind and rain, and all of these change by the hour. ' +
    'I should not guess: there is a tool for the weather, so I ask it about Bern first.',
  content: '',
  toolCalls: [{ name: 'weather', arguments: { city: 'Bern' } }],
  usage: { input_tokens: 94, output_tokens: 61 },
};

const coatAnswer = {
  reasoning: 'Two degrees of frost and light snow. No wind, so no need for more than a winter coat.',
  content:
    'Yes, take a **warm coat**. It is −2 °C in Bern right now, with light snow and no wind.\n\n' +
    'Also good to have:\n\n' +
    '- gloves and a hat\n' +
    '- shoes that stand wet cobblestones\n\n' +
    'The arcades of the old town keep you dry for about six kilometres, so an umbrella can stay at home.',
  usage: { input_tokens: 152, output_tokens: 118 },
};

const afternoonAnswer = {
  content:
    'Four hours are enough for the old town, if you walk from west to east.\n\n' +
    '### A route\n\n' +
    '1. **Zytglogge**, the clock tower. Be there three minutes before the full hour.\n' +
    '2. **Münster**, with 344 steps to the best view of the loop of the Aare.\n' +
    '3. **Bärenpark**, across the Nydegg bridge.\n' +
    '4. **Rosengarten**, for the evening light.\n\n' +
    '### What it takes\n\n' +
    '| Stop | Minutes | Costs |\n' +
    '| --- | ---: | --- |\n' +
    '| Zytglogge | 20 | free |\n' +
    '| Münster | 60 | 5 francs for the tower |\n' +
    '| Bärenpark | 30 | free |\n' +
    '| Rosengarten | 45 | free |\n\n' +
    'To put it into a calendar:\n\n' +
    '```\n14:00 Zytglogge\n14:40 Münster\n16:00 Bärenpark\n17:00 Rosengarten\n```\n\n' +
    '> The bears sleep from December to March. The view does not.\n\n' +
    'Opening hours are on [bern.com](https://www.bern.com).',
  usage: { input_tokens: 88, output_tokens: 240 },
};

const weekendTrip: Trip = {
  destination: 'Lisbon, Portugal',
  from: '2027-05-13',
  nights: 4,
  pace: 'relaxed',
  packing: ['Comfortable shoes for the hills', 'Light jacket for the evenings', 'Sunscreen', 'Swimwear'],
  notes:
    'May is warm and rarely wet. Stay in Graça or Príncipe Real rather than in Baixa, and take the train to Cascais for ' +
    'one day at the sea. Book the tower of Belém in advance.',
};
const tripAnswer = {
  content: JSON.stringify(weekendTrip),
  usage: { input_tokens: 210, output_tokens: 132 },
};

const trainAnswer = {
  content:
    'The night train leaves Zürich at 21:40 and reaches Vienna shortly before eight in the morning.\n\n' +
    'Between the two lie the Arlberg, a good part of the Inn valley and, if you are awake for it, a long stop in Salzburg ' +
    'at half past four.\n\n' +
    'You can choose between a **seat**, a **couchette** for four to six people and a **sleeper** with a real bed. ' +
    'Breakfast is included in the last two, and is better than its reputation.',
  usage: { input_tokens: 80, output_tokens: 130 },
};

const anyAnswer = {
  content:
    'This is the demo: a script plays the model, and it knows only the four questions of the first page.\n\n' +
    'Set `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` or `OLLAMA_HOST` and start again to talk to a real one.',
  usage: { input_tokens: 70, output_tokens: 52 },
};
