import { describeGuide } from './guide.ts';

describeGuide('from-langchain', {
  '01-text': 'Because they are round.',
  '02-chain': 'Because they are round.',
  '03-abort': 'Once upon a time aborted',
  '04-timeouts': 'Late after: Once upon a time',
  '05-retries': 'Glass ones do.',
  '06-fallbacks': 'The second one.',
  '07-tools': 'snow in Bern\nYes, take a coat.',
  '08-object': "{ title: 'Rösti', minutes: 40 }",
  '09-thinking': 'A ball of glass.\nNo.',
  '10-usage': '16 0.00001625',
  '11-history': 'Hello Ada!\nAda.',
  '12-batch': '0 Because they are round.\n1 No.',
  '13-endpoint': 'Because they are round.',
  '14-errors': '429 again in 7000',
});
