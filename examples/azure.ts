/**
 * Asks an Azure deployment through Responses, then through Chat Completions. Needs AZURE_OPENAI_ENDPOINT and more.
 *
 * That is AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY and AZURE_OPENAI_DEPLOYMENT; OPENAI_API_VERSION is optional.
 */
import { AzureOpenAI } from 'openai';
import { concat, endWith, startWith } from 'rxjs';
import { selectText } from 'rxllm/operators';
import { openai } from 'rxllm/providers/openai';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { command, fail } from './start/command.ts';
import { printable } from './start/printable.ts';

command('azure', 'One question to an Azure deployment, in both protocols.').parse();

const {
  AZURE_OPENAI_ENDPOINT: endpoint = '',
  AZURE_OPENAI_API_KEY: apiKey = '',
  AZURE_OPENAI_DEPLOYMENT: deployment = '',
  // The first version with Responses was 2025-03-01-preview.
  OPENAI_API_VERSION: apiVersion = '2025-04-01-preview',
} = process.env;

const missing = Object.entries({
  AZURE_OPENAI_ENDPOINT: endpoint,
  AZURE_OPENAI_API_KEY: apiKey,
  AZURE_OPENAI_DEPLOYMENT: deployment,
}).flatMap(([name, value]) => (value === '' ? [name] : []));

if (missing.length > 0) {
  console.error(`This example asks Azure OpenAI. Missing in the environment: ${missing.join(', ')}`);
  process.exitCode = 1;
} else {
  const client = new AzureOpenAI({ endpoint, apiKey, apiVersion, deployment });
  const prompt = 'Say in one sentence what an Observable is.';

  // A deployment may have any name, so give `capabilities: { thinking: true }` where its model thinks.
  const models = {
    Responses: openai(deployment, { client, providerName: 'azure' }),
    'Chat Completions': openaiChat(deployment, { client, providerName: 'azure' }),
  };

  const answers = concat(
    ...Object.entries(models).map(([name, model]) =>
      model.stream(prompt).pipe(selectText(), printable(), startWith(`${name}: `), endWith('\n')),
    ),
  );
  await answers
    .forEach((text) => process.stdout.write(text))
    .catch((error: unknown) => {
      process.stdout.write('\n');
      fail(error);
    });
}
