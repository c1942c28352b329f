import { constants } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tool } from 'rxllm';
import { tool } from 'rxllm/agents';
import { z } from 'zod';

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

// A plain name leads out of no folder, unless it is a link.
const name = z
  .string()
  .regex(/^\w[\w.-]{0,99}$/)
  .describe('Name without folder, for instance notes.md');

/** Tools that read and write files of one folder, and of no other. */
export function fileTools(folder: string): readonly Tool[] {
  const readNote = tool({
    name: 'read_file',
    description: 'Reads one of your files.',
    parameters: z.object({ name }),
    execute: (file, { signal }) =>
      readFile(join(folder, file.name), { encoding: 'utf8', signal, flag: O_RDONLY | O_NOFOLLOW }),
  });

  const writeNote = tool({
    name: 'write_file',
    description: 'Writes one of your files, over what it had.',
    parameters: z.object({ name, text: z.string() }),
    execute: async (file, { signal }) => {
      const flag = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
      await writeFile(join(folder, file.name), file.text, { signal, flag });
      return `${file.text.length} characters are in ${file.name}`;
    },
  });

  return [readNote, writeNote];
}
