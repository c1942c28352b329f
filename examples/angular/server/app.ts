import { serveStatic } from '@hono/node-server/serve-static';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { secureHeaders } from 'hono/secure-headers';
import { firstValueFrom } from 'rxjs';
import { replayLog, toResponse } from 'rxllm/web';
import * as z from 'zod';
import type { About } from '../shared/api.ts';
import type { Assistant } from './assistant.ts';
import { createFollowers } from './followers.ts';
import { readQuestion } from './question.ts';

const browserCookie = 'browser';
const runs = z.array(z.uuid()).max(20);

/** The server: one origin for the page and its answers. */
export function createApp(assistant: Assistant, about: About, pages: string): Hono {
  const app = new Hono();
  const log = replayLog();
  const followers = createFollowers();

  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        // Angular writes the styles of components into the page.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        frameAncestors: ["'none'"],
      },
      strictTransportSecurity: false,
    }),
  );
  app.use('/api/*', bodyLimit({ maxSize: 1_000_000 }));

  app.get('/api/about', (context) => {
    followers.pageArrived(getCookie(context, browserCookie) ?? '');
    return context.json(about, 200, { 'cache-control': 'no-store' });
  });

  // Asks, or goes on behind the last event that was seen, if the connection was lost.
  app.post('/api/runs/:run', async (context) => {
    const run = context.req.param('run');
    const question = readQuestion(await context.req.json().catch(() => null));
    if (!question || !z.uuid().safeParse(run).success) return context.text('This is no question', 400);
    const after = context.req.header('last-event-id');
    // The agent stops by itself, so that the conversation can go on.
    const answer = log.record(run, (stopped) => assistant(question, stopped), { after });
    return toResponse(answer.pipe(followers.count(run)));
  });

  // Follows a run that another page has begun, the one before a reload for instance.
  app.get('/api/runs/:run', (context) => {
    const run = context.req.param('run');
    const after = context.req.header('last-event-id');
    return toResponse(log.follow(run, { after }).pipe(followers.count(run)));
  });

  app.delete('/api/runs/:run', async (context) => {
    await firstValueFrom(log.stop(context.req.param('run')));
    return context.body(null, 204);
  });

  // A page goes away: what nobody will read any more is not to be paid for.
  app.post('/api/leave', async (context) => {
    const browser = getCookie(context, browserCookie) ?? '';
    const left = runs.safeParse(await context.req.json().catch(() => null));
    for (const run of left.data ?? []) {
      if (followers.isLeft(run, browser)) await firstValueFrom(log.stop(run));
    }
    return context.body(null, 204);
  });

  const asked: MiddlewareHandler = async (context, next) => {
    const browser = getCookie(context, browserCookie) ?? crypto.randomUUID();
    setCookie(context, browserCookie, browser, { httpOnly: true, sameSite: 'Strict' });
    followers.pageAsked(browser);
    await next();
    context.header('cache-control', 'no-cache');
  };
  app.get('/', asked);
  app.use(
    serveStatic({
      root: pages,
      onFound: (path, context) => {
        // These are named by their content.
        if (/-[A-Z0-9]{8}\.(js|css)$/.test(path))
          context.header('cache-control', 'public, max-age=31536000, immutable');
      },
    }),
  );
  return app;
}
