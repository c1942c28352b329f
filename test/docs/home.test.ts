import { describe, expect, it } from 'vitest';
import { runDiagrams } from '../../docs/diagrams/diagrams.ts';
import { diagramStyle, drawDiagram } from '../../docs/diagrams/drawDiagram.ts';
import { readFunction } from '../../docs/diagrams/readSource.ts';
import { style } from '../../testing/svgMarks.ts';

/** As a file of its own the picture stands on GitHub's dark ground, too. */
const ground = '@media (prefers-color-scheme:dark){.rxllm-timelines:root .ground{fill:#0d1117}}';

describe('docs/index.md', () => {
  it('shows what retryStream did when its timeline ran', async () => {
    const [diagram] = runDiagrams(readFunction('operators/retryStream.ts'));
    const title = 'An answer that breaks off and is asked for again';
    const drawn = diagram && drawDiagram(title, diagram.rows, diagram.meanings);
    const file = drawn?.replace('<desc>', `<style>${style}${diagramStyle}${ground}</style>\n<desc>`);

    expect(diagram?.rows.map(({ actual }) => actual)).toEqual(diagram?.rows.map(({ expected }) => expected));
    await expect(`${file}\n`).toMatchFileSnapshot('../../docs/images/retryStream.svg');
  });
});
