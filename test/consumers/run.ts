/**
 * Installs the packed tarball as users of other tools do, and uses it there: bundlers, whose pages run in Chromium,
 * TypeScript with its ways of finding modules, Node, Deno and Bun. `npm run test:consumers`.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { findChromium } from '../browser/chromium.ts';
import { angularPageStreams, hasNoBuiltin, operatorPageIsSmall, providersPageStreams } from './pages.ts';
import { answers, said, serve } from './server.ts';

const folder = mkdtempSync(join(tmpdir(), 'rxllm-consumers-'));
/** With all SDKs and tools. */
const full = join(folder, 'full');
/** With the library and RxJS, nothing else. */
const lean = join(folder, 'lean');
const started = Date.now();
const progress = (text: string) =>
  console.log(`${((Date.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
const tool = (name: string) => join(full, 'node_modules', '.bin', name);

/** Runs a program and gives what it said; fails with that. */
function run(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      timeout: 120_000,
      env: { ...process.env, CI: '1', NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ${args.join(' ')}\nended with ${code}:\n${output}`));
    });
  });
}

/** The same, of a program that says nothing when all is well: not even a warning. */
async function quietly(cwd: string, program: string, ...args: readonly string[]): Promise<void> {
  const output = await run(cwd, program, ...args);
  assert.equal(output, '', `${program} ${args.join(' ')}\nwarns:\n${output}`);
}

async function install(): Promise<void> {
  cpSync(join(import.meta.dirname, 'projects'), full, {
    recursive: true,
    filter: (path) => !['node_modules', 'out'].includes(basename(path)),
  });
  mkdirSync(lean);
  writeFileSync(join(lean, 'package.json'), '{ "type": "module", "private": true }');
  for (const file of ['types.ts', 'types.cts']) cpSync(join(full, file), join(lean, file));

  const tarball = join(
    folder,
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }).trim(),
  );
  const npm = (cwd: string, ...args: readonly string[]) =>
    run(cwd, 'npm', ...args, '--no-audit', '--no-fund', '--prefer-offline');
  await npm(full, 'ci');
  await npm(full, 'install', '--no-save', tarball);
  await npm(lean, 'install', tarball, 'rxjs@7.8.2');
  progress('installed');
}

/** Does the work, and tells what came of it or which work it was that failed. */
async function step(name: string, work: () => Promise<string>): Promise<void> {
  try {
    progress(`${name}: ${await work()}`);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function compile(): Promise<void> {
  const options = '--noEmit --strict --exactOptionalPropertyTypes --target es2022'.split(' ');
  const nodenext = '--module nodenext --moduleResolution nodenext types.ts types.cts'.split(' ');
  const bundler = '--module esnext --moduleResolution bundler types.ts'.split(' ');
  const withPackages = 'packageTypes.ts --types node'.split(' ');
  for (const compiler of ['typescript', 'typescript-5']) {
    const tsc = [join(full, 'node_modules', compiler, 'bin', 'tsc'), ...options, '--skipLibCheck', 'false'];
    await step(compiler, async () => {
      await quietly(lean, process.execPath, ...tsc, ...nodenext);
      await quietly(full, process.execPath, ...tsc, ...nodenext, ...withPackages);
      await quietly(full, process.execPath, ...tsc, ...bundler, ...withPackages);
      return 'nodenext and bundler, skipLibCheck false, without other packages and with them';
    });
  }
}

async function execute(url: string): Promise<void> {
  const lines = answers.map((line) => `${line}\n`).join('');
  await step(`Node ${process.versions.node}`, async () => {
    // Node 22 warns of `node:sqlite`.
    const node = ['--disable-warning=ExperimentalWarning', 'runtime.js'];
    assert.equal(await run(full, process.execPath, ...node, url), lines);
    assert.equal(await run(full, process.execPath, 'commonjs.cjs', url), `${said}\n`);
    return 'every entry loads, all providers stream, require() works';
  });
  for (const [name, ...args] of [['deno', 'run', '--allow-all'], ['bun']] as const) {
    await step(name, async () => {
      if (!existsSync(tool(name))) return 'not installed here, so not tested';
      assert.equal(await run(full, tool(name), ...args, 'runtime.js', url), lines);
      return 'every entry loads, all providers stream';
    });
  }
}

async function bundle(url: string, browser: Browser | undefined): Promise<void> {
  for (const bundler of ['esbuild', 'vite', 'webpack']) {
    await step(bundler, async () => {
      await quietly(full, process.execPath, `${bundler}.js`);
      hasNoBuiltin(join(full, 'out', bundler));
      if (!browser) return 'no warning';
      const size = await operatorPageIsSmall(browser, `${url}/page/${bundler}/operator`);
      await providersPageStreams(browser, `${url}/page/${bundler}/providers`);
      return `no warning, all providers stream in Chromium, one operator with RxJS is ${size} characters`;
    });
  }
  await step('Angular', async () => {
    const output = await run(full, tool('ng'), 'build');
    assert.ok(!/warning|error/i.test(output), output);
    hasNoBuiltin(join(full, 'out', 'angular'));
    if (!browser) return 'no warning';
    await angularPageStreams(browser, `${url}/out/angular/browser/`);
    return 'no warning, a component streams in Chromium';
  });
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

const program = findChromium();
if (program === undefined) {
  progress('no browser, so pages are built and not opened: install Chromium or set CHROMIUM to its program');
}
const server = await serve(full);
let browser: Browser | undefined;
try {
  await install();
  browser = program === undefined ? undefined : await chromium.launch({ executablePath: program });
  const results = await Promise.allSettled([
    compile(),
    bundle(server.url, browser).then(() => execute(server.url)),
  ]);
  for (const result of results) if (result.status === 'rejected') fail(result.reason);
} catch (error) {
  fail(error);
} finally {
  await browser?.close();
  server.close();
  progress('removing what was installed');
  rmSync(folder, { recursive: true, force: true });
}
