import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { recordFetch, type RecordFetchOptions } from '../../testing/recordFetch.ts';
import { replayFetch } from '../../testing/replayFetch.ts';
import { startServer } from '../server.ts';
import { place, recordOne, url, useNewPlace, written } from './recordingPlace.ts';

useNewPlace();

/** Everything that the file says, bytes in base64 and texts across two reads included. */
function allWritten(): string {
  const pieces = written().flatMap((exchange) => exchange.pieces);
  const bytes = pieces.map(({ text, base64 }) =>
    text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text),
  );
  return readFileSync(place.file, 'utf8') + Buffer.concat(bytes).toString('latin1');
}

/** An answer in reads of seven bytes. */
function inReads(bytes: Buffer, headers: Record<string, string> = {}): typeof fetch {
  return () => {
    let from = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (from >= bytes.length) controller.close();
        else controller.enqueue(new Uint8Array(bytes.subarray(from, (from += 7))));
      },
    });
    return Promise.resolve(new Response(body, { headers }));
  };
}

/** What is written of an answer to a request with that body. */
async function answerTo(request: unknown, answer: string): Promise<string> {
  await recordOne(inReads(Buffer.from(answer)), { method: 'POST', body: JSON.stringify(request) });
  return allWritten();
}

const planted = {
  key: 'planted-key-000000001',
  organization: 'planted-organization-02',
  project: 'planted-project-03',
  cookie: 'planted-cookie-04',
  gateway: 'planted-gateway-05',
  note: 'planted-note-06',
  query: 'planted-query/07=',
  account: 'planted-account-08',
  user: 'planted-user-09',
  team: 'planted',
  safety: 'planted-safety-11',
  cache: 'planted-cache-12',
  mcp: 'planted-mcp-13',
  mcpHeader: 'planted-mcp-header-14',
  setCookie: 'planted-set-cookie-15',
  answeredOrganization: 'planted-answered-16',
  option: 'planted"ö"17',
} as const;

describe('what recordFetch writes', () => {
  it('has none of the secrets that stand in URL, headers and body, nor their echo in the answer', async () => {
    const server = await startServer();
    const { note: _, team, ...echoed } = planted;
    server.respond((response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-request-id': 'request-1',
        'set-cookie': `__cf_bm=${planted.setCookie}; HttpOnly; path=/`,
        'openai-organization': planted.answeredOrganization,
      });
      const echo = {
        id: 'answer-1',
        metadata: { team },
        user: planted.user,
        words: Object.values(echoed),
        urls: encodeURIComponent(planted.query),
      };
      const bytes = Buffer.concat([Buffer.from(JSON.stringify(echo)), Buffer.from(' \n')]);
      const middle = bytes.indexOf(planted.key) + 5;
      response.write(bytes.subarray(0, middle));
      setTimeout(() => response.end(bytes.subarray(middle)), 20);
    });
    const accountFields = {
      user: planted.user,
      metadata: { team },
      safety_identifier: planted.safety,
      prompt_cache_key: planted.cache,
    };
    const options: RecordFetchOptions = { secrets: [planted.option] };
    const ask = (fetch: typeof globalThis.fetch) =>
      new OpenAI({
        apiKey: planted.key,
        organization: planted.organization,
        project: planted.project,
        baseURL: `${server.url}/accounts/${planted.account}/0123456789abcdef0123456789abcdef/v1`,
        defaultQuery: { api_key: planted.query, 'api-version': '2026-01-01' },
        defaultHeaders: {
          cookie: `theme=on; sid=${planted.cookie}`,
          'x-gateway-auth': `Bearer ${planted.gateway}`,
          'x-note': planted.note,
        },
        fetch,
      }).responses.create({
        model: 'gpt-5-mini',
        input: `Hi ${planted.option}`,
        ...accountFields,
        tools: [
          {
            type: 'mcp',
            server_label: 'one',
            authorization: planted.mcp,
            headers: { 'X-Api-Key': planted.mcpHeader },
          },
        ],
      });
    const live = await ask(recordFetch(place.file, options));
    await server.close();

    expect(live).toMatchObject({ user: planted.user });
    expect(allWritten()).not.toContain('planted');
    expect(allWritten()).not.toContain('0123456789abcdef');
    expect(allWritten()).not.toMatch(/127\.0\.0\.1|localhost/);
    expect(written()[0]).toMatchObject({
      request: {
        method: 'POST',
        path: '/accounts/*/*/v1/responses',
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: { json: { model: 'gpt-5-mini', user: '[removed]', metadata: '[removed]' } },
      },
      response: { headers: { 'content-type': 'application/json', 'x-request-id': 'request-1' } },
    });
    expect(Object.keys(written()[0]?.request.headers ?? {})).toStrictEqual(['accept', 'content-type']);
    expect((await ask(replayFetch(place.file))).id).toBe('answer-1');
  });

  it('has no header but those of the list, whatever it is called', async () => {
    const headers = {
      authorization: 'Basic x',
      'x-own': 'own-value',
      'user-agent': 'own-value',
      'content-type': 'text/plain',
    };
    await recordOne(
      () =>
        Promise.resolve(new Response('ok', { headers: { ...headers, date: 'today', server: 'own-value' } })),
      { headers },
    );

    expect(written()[0]).toMatchObject({
      request: { headers: { 'content-type': 'text/plain' } },
      response: { headers: { 'content-type': 'text/plain', date: 'today' } },
    });
    expect(allWritten()).not.toMatch(/own-value|Basic/);
  });

  it.each([
    ['a key of OpenAI', 'sk-proj-abcdefghij0123456789'],
    ['a key of Anthropic', 'sk-ant-api03-abcdefghij0123456789'],
    ['a key of Groq', 'gsk_abcdefghij0123456789'],
    ['a key of Google', 'AIzaSyabcdefghij0123456789abcdefghij012'],
    ['a key of AWS', 'AKIAABCDEFGHIJKLMNOP'],
    ['an organisation', 'org-AbCdEfGhIjKlMnOpQrStUvWx'],
    ['a user of OpenRouter', 'user_2aBcDeFgHiJkLmNoPqRsTuVwXyZ'],
    ['a web token', 'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl'],
  ])('has no text of the form of %s, in requests, paths and answers', async (_, secret) => {
    const fetch = recordFetch(place.file, {
      fetch: inReads(Buffer.from(`Limit reached for ${secret} today`)),
    });
    await (await fetch(`${url}/${secret}/x`, { method: 'POST', body: `I am ${secret}` })).text();

    expect(allWritten()).not.toContain(secret.slice(4));
    expect(allWritten()).toContain(`Limit reached for ${'x'.repeat(secret.length)} today`);
    expect(written()[0]?.request).toMatchObject({
      path: '/v1/chat/*/x',
      body: { text: `I am ${'x'.repeat(secret.length)}` },
    });
    expect((await replayFetch(place.file)(`${url}/${secret}/x`, { method: 'POST' })).status).toBe(200);
  });

  it('keeps what only looks a little like a secret', async () => {
    const kept =
      'task-oriented user-defined-functions org-wide sk-learn call_AbCdEfGhIjKlMnOpQrStUvWx gpt-5-mini';

    expect(await answerTo({ input: kept }, kept)).toContain(kept);
  });

  it('removes short values of account fields only where they stand under their names', async () => {
    const request = {
      user: 'assistant',
      metadata: { state: 'completed', none: null, depth: { count: 7 } },
      safety_identifier: null,
    };
    const answer =
      '{"role":"assistant","user": "assistant","metadata":{"state":"completed"},"status":"completed"}';
    const all = await answerTo(request, answer);

    expect(all).toContain(
      '{"role":"assistant","user": "xxxxxxxxx","metadata":{"state":"xxxxxxxxx"},"status":"completed"}',
    );
    expect(written()[0]?.request.body).toStrictEqual({
      json: { user: '[removed]', metadata: '[removed]', safety_identifier: null },
    });
  });

  it('keeps fields of the same names inside schemas, and removes credentials there', async () => {
    const schema = {
      properties: { user: { type: 'string' }, token: { type: 'string' }, password: { type: 'string' } },
    };
    const request = {
      tools: [{ schema }],
      mcp_servers: [{ url: 'https://mcp.test', authorization_token: 'abc' }],
      n: [1],
    };
    await answerTo(request, 'ok');

    expect(written()[0]?.request.body).toStrictEqual({
      json: { ...request, mcp_servers: [{ url: 'https://mcp.test', authorization_token: '[removed]' }] },
    });
  });

  it('cleans an earlier answer of what a later request told', async () => {
    const fetch = recordFetch(place.file, { fetch: inReads(Buffer.from('hello late-secret-7')) });
    await (await fetch(url)).text();
    expect(allWritten()).toContain('late-secret-7');
    await (await fetch(url, { headers: { 'x-api-key': 'late-secret-7' } })).text();

    expect(allWritten()).not.toContain('late-secret-7');
  });

  it('removes secrets from bytes that are no text, and leaves those of the reader alone', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff]), Buffer.from('binary-secret-1'), Buffer.from([0xfe])]);
    const response = await recordFetch(place.file, { fetch: inReads(bytes), secrets: ['binary-secret-1'] })(
      url,
    );

    expect(Buffer.from(await response.arrayBuffer())).toStrictEqual(bytes);
    expect(allWritten()).not.toContain('secret');
    expect(Buffer.from(await (await replayFetch(place.file)(url)).arrayBuffer())).toStrictEqual(
      Buffer.concat([Buffer.from([0xff]), Buffer.from('x'.repeat(15)), Buffer.from([0xfe])]),
    );
  });

  it('does not take counts, dates and attributes of cookies for secrets', async () => {
    const answer = 'HttpOnly 30000000 2026-01-01';
    const headers = {
      'set-cookie': 'a=b; HttpOnly',
      'x-ratelimit-limit-tokens': '30000000',
      'x-token-count': '30000000',
      'x-org_id': 'planted-org-21',
    };
    const fetch = recordFetch(place.file, {
      fetch: inReads(Buffer.from(`${answer} planted-org-21`), headers),
    });
    await (await fetch(`${url}?api-version=2026-01-01`)).text();

    expect(allWritten()).toContain(answer);
    expect(allWritten()).not.toContain('planted');
  });
});
