import { describeGuide } from './guide.ts';

describeGuide('from-ai-sdk', {
  '01-text': 'Because they are round.',
  '02-abort': 'Once upon a time aborted',
  '03-timeouts': 'Silence after: Once upon a time',
  '04-retries': 'Glass ones do.',
  '05-tools': 'snow in Bern\nYes, take a coat.',
  '06-object': "Rösti { title: 'Rösti', minutes: 40 }",
  '07-thinking': 'A ball of glass.NO.',
  '08-middleware': 'A ball of glass. No.',
  '09-usage': '16 0.00001625',
  '10-history': 'Hello Ada!\nAda.',
  '11-useChat': 'reasoning A ball of glass.\ntext No.',
  '12-errors': '429 again in 7000',
  '13-smooth': 'Because\nthey\nare\nround.',
});
