import { describe, expect, it } from 'vitest';
import { drawRecipe } from '../../examples/recipe/drawRecipe.ts';
import { runExample } from './runExample.ts';

describe('drawRecipe', () => {
  it('draws what has come, and leaves room for the rest', () => {
    expect(drawRecipe()).toBe('…\n\n');
    expect(
      drawRecipe({ title: 'Soup', ingredients: [{ amount: '10 g', name: 'salt' }, { amount: '1' }] }),
    ).toBe('Soup\n\n  10 g  salt\n     1  \n');
    expect(drawRecipe({ title: 'Soup', servings: 2, steps: ['Cook it.', ''] })).toBe(
      'Soup, for 2\n\n\n1. Cook it.\n2. ',
    );
  });

  it('breaks lines, and draws no control sequences', () => {
    expect(drawRecipe({ title: '\u001b[2JOnion \u0007soup' }, 6)).toBe('Onion \nsoup\n\n');
  });
});

describe('npm run example -- recipe', { timeout: 30_000 }, () => {
  it('writes the whole recipe to a pipe, and nothing else', async () => {
    const { stdout, stderr, code } = await runExample('recipe/main.ts');

    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/^Onion soup, for 4\n[^]*4\. Put bread and cheese on top and gratinate it\.\n$/);
  });
});
