import { describeGuide } from './guide.ts';

describeGuide('from-the-sdks', {
  '01-openai-text': 'Because they are round.',
  '02-openai-abort': 'Once upon a time aborted',
  '03-openai-timeouts': 'Silence after: Once upon a time',
  '04-openai-retries': 'Glass ones do.',
  '05-openai-tools': 'snow in Bern\nYes, take a coat.',
  '06-openai-object': "{ title: 'Rösti', minutes: 40 }",
  '07-openai-thinking': 'A ball of glass.NO.',
  '08-openai-usage': '16 0.00001625',
  '09-openai-history': 'Hello Ada!\nAda.',
  '10-openai-endpoint': 'Because they are round.',
  '11-openai-errors': '429 rate_limit_exceeded again in 7000',
  '13-anthropic-text': 'Because they are round.',
  '14-anthropic-thinking': 'A ball of glass. Quite sure.',
  '15-anthropic-tools': 'Yes, take a coat.',
  '16-anthropic-partial': 'true Half an answ',
  '17-ollama-text': 'Because they are round.',
  '18-ollama-abort': 'Once upon a time',
  '19-ollama-thinking': 'No.',
  '20-ollama-object': "{ title: 'Rösti', minutes: 40 }",
});
