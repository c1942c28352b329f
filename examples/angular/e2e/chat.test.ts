import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answered, answerOf, ask, type Chat, startChat } from './chat.ts';

const words = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
const slow = { streamingProfile: { ttft: 50, tps: 40, jitter: 0 } };
const quick = { streamingProfile: { ttft: 20, tps: 400, jitter: 0 } };

describe('the chat', () => {
  let chat: Chat;
  beforeAll(async () => (chat = await startChat()));
  afterEach(() => chat.reset());
  afterAll(() => chat.close());

  it('shows the answer word by word', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'Hello');
    await page.locator('.answer > app-markdown').waitFor();
    const seen = await page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const texts: string[] = [];
          const look = () => {
            const text = document.querySelector('.answer > app-markdown')?.textContent?.trim() ?? '';
            if (text !== texts.at(-1)) texts.push(text);
            if (text.endsWith('word59')) resolve(texts);
            else requestAnimationFrame(look);
          };
          look();
        }),
    );

    expect(seen.length).toBeGreaterThan(20);
    expect(seen.filter((text) => !words.startsWith(text))).toEqual([]);
  });

  it('makes one request for all who watch: toSignal, the async pipe, the list and the live region', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    const requests: string[] = [];
    page.on('request', (request) =>
      requests.push(`${request.method()} ${new URL(request.url()).pathname.slice(0, 9)}`),
    );
    await ask(page, 'Hello');
    await page.locator('app-progress').getByText('tokens/s').waitFor();
    await answered(page);

    expect(await answerOf(page).innerText()).toBe(words);
    expect(requests.filter((request) => request.includes('/api/'))).toEqual(['POST /api/runs']);
    expect(chat.model.calls).toHaveLength(1);
  });

  it('stops: the socket to the model closes, and what had come stays', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'Hello');
    await answerOf(page).getByText('word5').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await answered(page);

    await vi.waitFor(() => expect(chat.model.calls[0]?.abortedAt).toBeDefined());
    expect(await page.getByText('Stopped', { exact: true }).count()).toBe(1);
    expect(words.startsWith(await answerOf(page).innerText())).toBe(true);

    // The conversation goes on with what had been said.
    await ask(page, 'And then?');
    await answerOf(page).getByText('word1').waitFor();
    expect(JSON.stringify(chat.model.mock.getLastRequest()?.body)).toMatch(/Hello.*word0 word1.*And then/);
  });

  it('stops by Escape, and keeps the focus where one writes', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'Hello');
    await answerOf(page).getByText('word5').waitFor();
    await page.keyboard.press('Escape');
    await answered(page);

    await vi.waitFor(() => expect(chat.model.calls[0]?.abortedAt).toBeDefined());
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('prompt');
  });

  it('closes the socket to the model within 100 ms when its tab is closed', { retry: 2 }, async () => {
    chat.model.reset();
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'Hello');
    await answerOf(page).getByText('word5').waitFor();
    const closedAt = Date.now();
    await page.close();

    await vi.waitFor(() => expect(chat.model.calls[0]?.abortedAt).toBeDefined());
    expect((chat.model.calls[0]?.abortedAt ?? Infinity) - closedAt).toBeLessThan(100);
  });

  it('goes on while another tab shows it', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'Hello');
    await answerOf(page).getByText('word5').waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await answerOf(other).getByText('word8').waitFor();
    await page.close();
    await answerOf(other).getByText('word59').waitFor();

    expect(await answerOf(other).innerText()).toBe(words);
    expect(chat.model.calls).toEqual([{}]);
  });

  it('shows every character once when it is reloaded in mid-answer', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'Hello');
    await answerOf(page).getByText('word5').waitFor();
    await page.reload();
    await answerOf(page).getByText('word15').waitFor();
    await page.reload();
    await answerOf(page).getByText('word59').waitFor();
    await answered(page);

    expect(await answerOf(page).innerText()).toBe(words);
    expect(chat.model.calls).toEqual([{}]);
  });

  it('goes on behind the last event when the connection is lost', async () => {
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    const ids: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/runs/')) ids.push(request.headers()['last-event-id']);
    });
    await ask(page, 'Hello');
    await answerOf(page).getByText('word5').waitFor();
    chat.cut();
    await answered(page);

    expect(await answerOf(page).innerText()).toBe(words);
    expect(ids).toEqual([undefined, expect.stringMatching(/^\d+$/)]);
    expect(chat.model.calls).toEqual([{}]);
  });

  it('tells what went wrong, keeps what had come, and tries again', async () => {
    chat.model.mock.on({ sequenceIndex: 0 }, { content: words }, { ...quick, truncateAfterChunks: 20 });
    chat.model.mock.on({}, { content: words }, quick);
    const page = await chat.open();
    await ask(page, 'Hello');
    const banner = page.getByRole('alert');
    await banner.waitFor();

    expect(await banner.innerText()).toContain('What had arrived is kept');
    expect(await answerOf(page).innerText()).toMatch(/^word0 word1 /);

    await banner.getByRole('button', { name: 'Try again' }).click();
    await answerOf(page).getByText('word59').waitFor();

    expect(await banner.count()).toBe(0);
    expect(await answerOf(page).innerText()).toBe(words);
  });

  it('tells that there is no answer when the provider refuses', async () => {
    chat.model.mock.on({}, { error: { message: 'You have no money left' }, status: 401 });
    const page = await chat.open();
    await ask(page, 'Hello');
    const banner = page.getByRole('alert');
    await banner.waitFor();

    expect(await banner.innerText()).toContain('There is no answer.');
    expect(await banner.innerText()).toContain('no money left');
  });

  it('tells that the server does not answer, and asks it again', async () => {
    const page = await chat.open();
    await page.route('**/api/about', (route) => route.abort());
    await page.reload();
    await page.getByText('The server does not answer.').waitFor();
    await page.unroute('**/api/about');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: /^Do I need a coat/ }).waitFor();

    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('folds thinking away, and shows how far a tool is', async () => {
    const call = {
      content: '',
      reasoning: 'It depends.',
      toolCalls: [{ name: 'weather', arguments: '{"city":"Bern"}' }],
    };
    chat.model.mock.on({ hasToolResult: false }, call, quick);
    chat.model.mock.on({ hasToolResult: true }, { content: 'Take a coat.' }, quick);
    const page = await chat.open();
    await ask(page, 'A coat?');
    await page.getByText('Asking the observatory').waitFor();
    const thinking = page.getByText('It depends.', { exact: true });

    expect(await thinking.isVisible()).toBe(false);
    await page.getByText('Thoughts').click();
    expect(await thinking.isVisible()).toBe(true);

    await page.getByText('Take a coat.', { exact: true }).first().waitFor();
    await page.getByText('done', { exact: true }).click();
    expect(await page.locator('app-tool-status').innerText()).toContain('light snow');
  });

  it('fills in the form field by field, and keeps what the reader makes of it', async () => {
    const filled = {
      destination: 'Lisbon, Portugal',
      from: '2027-05-13',
      nights: 4,
      pace: 'relaxed',
      packing: ['Sunscreen'],
      notes: 'Stay in Graça, where it is quiet at night.',
    };
    chat.model.mock.on({}, { content: JSON.stringify(filled) }, slow);
    const page = await chat.open();
    await page.getByRole('button', { name: 'Fill in a trip', exact: true }).click();
    await ask(page, 'Lisbon');
    const [destination, notes] = [page.getByLabel('Destination'), page.getByLabel('Notes')];
    await vi.waitFor(async () => expect(await destination.inputValue()).toBe('Lisbon, Portugal'), {
      timeout: 10_000,
    });
    expect(await notes.inputValue()).toBe('');

    await answered(page);
    expect(await notes.inputValue()).toBe(filled.notes);
    expect(await page.getByLabel('From').inputValue()).toBe('2027-05-13');

    await page.getByLabel('Nights').fill('5');
    await page.getByRole('button', { name: 'Save trip' }).click();
    await page.reload();
    await vi.waitFor(async () => expect(await page.getByLabel('Nights').inputValue()).toBe('5'), {
      timeout: 10_000,
    });
  });

  it('keeps what had come of a form that is stopped', async () => {
    const text = JSON.stringify({ destination: 'Lisbon, Portugal', from: '2027-05-13', notes: words });
    chat.model.mock.on({}, { content: text }, slow);
    const page = await chat.open();
    await page.getByRole('button', { name: 'Fill in a trip', exact: true }).click();
    await ask(page, 'Lisbon');
    const value = (name: string) => page.getByLabel(name).inputValue();
    await vi.waitFor(async () => expect(await value('Notes')).toContain('word2'), { timeout: 10_000 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await answered(page);
    const notes = await value('Notes');

    expect(notes).toMatch(/^word0 word1 word2/);
    await page.reload();
    await vi.waitFor(async () => expect(await value('Notes')).toBe(notes), { timeout: 10_000 });
    expect(await value('Destination')).toBe('Lisbon, Portugal');
  });

  it('sends the conversation with the next question, and lets one look at another meanwhile', async () => {
    chat.model.mock.on({ userMessage: 'First' }, { content: 'One.' }, quick);
    chat.model.mock.on({}, { content: words }, slow);
    const page = await chat.open();
    await ask(page, 'First');
    await page.getByText('One.', { exact: true }).first().waitFor();
    await answered(page);
    await ask(page, 'Second');
    await page.getByText('word3').first().waitFor();
    await page.getByRole('link', { name: 'New conversation' }).click();
    await page.getByRole('heading', { name: 'Where to?' }).waitFor();
    await page.getByRole('link', { name: 'First' }).click();
    await answerOf(page).getByText('word59').waitFor();

    expect(await answerOf(page).innerText()).toBe(words);
    expect(JSON.stringify(chat.model.mock.getLastRequest()?.body)).toMatch(/First.*One\..*Second/);
    expect(chat.model.calls).toHaveLength(2);

    await page.getByRole('link', { name: 'First' }).hover();
    await page.getByRole('button', { name: 'Delete First' }).click();
    await page.getByRole('heading', { name: 'Where to?' }).waitFor();
    expect(await page.getByRole('link', { name: 'First' }).count()).toBe(0);
  });
});
