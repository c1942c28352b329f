import { LLMock } from '@copilotkit/aimock';
import type { Script } from './playedModel.ts';

/** The whole web. */
const pages: Readonly<Record<string, { readonly title: string; readonly text: string }>> = {
  '/waggle-dance': {
    title: 'The waggle dance',
    text:
      'A bee that has found flowers far away runs a figure of eight on the comb. The angle of the straight run against ' +
      'the vertical is the angle between the sun and the flowers; each second of waggling stands for about a kilometre.',
  },
  '/round-dance': {
    title: 'The round dance',
    text: 'For flowers closer than some fifty metres a bee dances in circles. It tells that there is food, not where.',
  },
  '/karl-von-frisch': {
    title: 'Karl von Frisch',
    text: 'He deciphered the dances of bees in the 1940s and was given a Nobel Prize for it in 1973.',
  },
};

/** Starts the web on a port that is free, with a search like Tavily's. Gives its address. */
export async function startWeb(): Promise<string> {
  const server = new LLMock({ port: 0 });
  server.mount('/pages', {
    handleRequest: (_, response, path) => {
      const page = pages[path];
      response.writeHead(page ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(page ? `${page.title}\n\n${page.text}\n` : 'There is no such page.');
      return Promise.resolve(true);
    },
  });
  const url = await server.start();
  const found = Object.entries(pages).map(([path, { title, text }]) => ({
    title,
    url: `${url}/pages${path}`,
    content: `${text.slice(0, 60)}…`,
  }));
  server.onSearch(/./, found);
  return url;
}

/** A model that searches, reads what it finds, takes a note, and reports. */
export const script: Script = (messages, call) => {
  const links = [...new Set(JSON.stringify(messages).match(/http:[\w./:-]+/g))];
  const cite = (path: string) => links.find((link) => link.endsWith(path)) ?? path;

  return (
    [
      {
        thinking: 'I know little about bees, so I search first.',
        calls: [{ name: 'search_web', arguments: { query: 'dance of bees' } }],
      },
      {
        thinking: 'All three look useful.',
        calls: links.map((url) => ({ name: 'read_page', arguments: { url } })),
      },
      {
        calls: [
          {
            name: 'write_file',
            arguments: {
              name: 'notes.md',
              text: '- angle: direction\n- duration: distance\n- Nobel Prize 1973\n',
            },
          },
        ],
      },
      {
        text: [
          '# Why bees dance',
          'Bees dance to tell the others where there is food.',
          `- **Far away:** the waggle dance gives direction and distance ([source](${cite('waggle-dance')})).`,
          `- **Close by:** the round dance says only that there is some ([source](${cite('round-dance')})).`,
          `Karl von Frisch found this out, and was given a Nobel Prize ([source](${cite('karl-von-frisch')})).`,
        ].join('\n\n'),
      },
    ][call] ?? {}
  );
};
