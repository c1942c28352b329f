/**
 * Installs the packed tarball in an empty project, checks what is in it, and uses it there as a user would: without any
 * SDK, then with each.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { checkContents, checkReadmeLinks } from './contents.ts';

/** The entries that need an SDK, each with the function it exports and the package it needs. */
const providers = [
  ['openai', 'openai'],
  ['openaiChat', 'openai'],
  ['anthropic', '@anthropic-ai/sdk'],
  ['ollama', 'ollama'],
] as const;

/** Asks a port nobody listens on, and prints the error's name and message. */
const consumer = `
import { lastValueFrom } from 'rxjs';
import * as rxllm from 'rxllm';
import * as operators from 'rxllm/operators';
import * as models from 'rxllm/models';
const [, , provider] = process.argv;
if (Object.keys(rxllm).length < Object.keys(operators).length || !models.pipeModel) throw new Error('exports are missing');
const { [provider]: create } = await import('rxllm/providers/' + provider);
const server = 'http://127.0.0.1:9';
const stream = create('any', { apiKey: 'none', baseURL: server, host: server }).stream('Hi');
await lastValueFrom(stream).catch((error) => console.log(error.name + ': ' + error.message));
`;

const folder = mkdtempSync(join(tmpdir(), 'rxllm-'));
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8' });

function expectFrom(provider: string, words: string): void {
  const said = run(process.execPath, 'main.mjs', provider).trim();
  if (!said.includes(words)) throw new Error(`${provider} said "${said}" where "${words}" was expected`);
}

try {
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball = ''] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  writeFileSync(join(folder, 'main.mjs'), consumer);
  run(
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    '--silent',
    `./${tarball}`,
    'rxjs@7.8.2',
  );
  checkContents(folder, statSync(join(folder, tarball)).size);
  checkReadmeLinks();

  for (const [provider, sdk] of providers) {
    expectFrom(
      provider,
      `MissingPackageError: rxllm needs the package "${sdk}" for this: npm install ${sdk}`,
    );
  }
  for (const sdk of new Set(providers.map(([, name]) => name))) {
    const place = join(folder, 'node_modules', sdk);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(resolve('node_modules', sdk), place);
  }
  for (const [provider] of providers) expectFrom(provider, 'ProviderError: ');
  console.log('The package has what it must have, installs and imports, without the SDKs and with them');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
