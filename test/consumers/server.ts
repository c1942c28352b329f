import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { wires } from '../providers/wires.ts';

const pieces = ['Hel', 'lo, ', 'wörld ', '🌍'];

/** What each provider says. */
export const said = pieces.join('');

/** What `ask` of `projects/ask.js` tells of all of them. */
export const answers = wires.map(({ name }) => `${name}: ${said}`);

/** The servers of all providers at `/<provider>/…`, and the bundles that stand in `folder` at `/out/…`. */
export async function serve(folder: string): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer((request, response) => {
    request.resume();
    const [path = ''] = (request.url ?? '').split('?');
    const wire = wires.find(({ name }) => path.startsWith(`/${name}/`));
    if (wire) {
      response.setHeader('content-type', wire.contentType);
      const events = [...wire.opening, ...pieces.flatMap(wire.text), ...wire.closing];
      response.end(events.map(wire.frame).join('') + wire.sentinel);
    } else if (path.startsWith('/page/')) {
      response.setHeader('content-type', 'text/html');
      response.end(
        `<!doctype html><script type="module" src="${path.replace('/page/', '/out/')}.js"></script>`,
      );
    } else {
      void sendFile(join(folder, path.endsWith('/') ? `${path}index.html` : path), response);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function sendFile(file: string, response: ServerResponse): Promise<void> {
  const type = file.endsWith('.html') ? 'text/html' : 'text/javascript';
  try {
    const body = await readFile(file);
    response.writeHead(200, { 'content-type': type }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}
