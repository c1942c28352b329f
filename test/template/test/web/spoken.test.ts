import { describe, expect, it } from 'vitest';
import { text } from '../../../../testing/index.ts';
import { spoken } from '../../web/spoken.ts';
import { listChunks } from '../../../chunks.ts';
import { behavesAsFormat } from '../../../web/formatContract.ts';
import { encode } from '../../../web/wire.ts';

describe('spoken', () => {
  behavesAsFormat('spoken', () => spoken());

  it('writes a line for each piece of text, and one for the end', async () => {
    const written = await encode(spoken(), listChunks(text('Hel'), text('lo')));

    expect(written).toBe('{"say":"Hel"}\n{"say":"lo"}\n{"end":true}\n');
  });
});
