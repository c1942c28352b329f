import { map, tap } from 'rxjs';
import { fromFetch } from 'rxjs/fetch';
import type { Tool } from 'rxllm';
import { tool } from 'rxllm/agents';
import { z } from 'zod';

const found = z.object({
  results: z.array(z.object({ title: z.string(), url: z.string(), content: z.string() })),
});

/**
 * Tools that search the web and read pages, by a service that speaks like Tavily's.
 *
 * Only what the search has found can be read: a page may tell the model to open an address of your own network.
 */
export function webTools(service: string): readonly Tool[] {
  const known = new Set<string>();

  const searchWeb = tool({
    name: 'search_web',
    description: 'Searches the web. Gives title, address and beginning of the pages it finds.',
    parameters: z.object({ query: z.string() }),
    retry: { count: 1, delay: 500 },
    execute: ({ query }) =>
      fromFetch(`${service}/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, max_results: 5 }),
        selector: async (response) => found.parse(JSON.parse(await textOf(response))).results,
      }).pipe(tap((results) => results.forEach(({ url }) => known.add(url)))),
  });

  const readPage = tool({
    name: 'read_page',
    description: 'Reads a page that search_web has found.',
    parameters: z.object({ url: z.string() }),
    retry: { count: 1, delay: 500 },
    execute: ({ url }) => {
      if (!known.has(url)) throw new Error('search_web has not found this page');
      return fromFetch(url, { selector: textOf }).pipe(map((text) => text.slice(0, 20_000)));
    },
  });

  return [searchWeb, readPage];
}

async function textOf(response: Response): Promise<string> {
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.text();
}
