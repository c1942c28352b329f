import { tap } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { selectThinking } from '../../operators/selectThinking.ts';
import { RestartAfterOutputError } from '../../src/errors.ts';
import { type ChunkValues, finish, restart, thinking, usage } from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const values: ChunkValues = {
  s: { type: 'start' },
  t: thinking('t'),
  v: thinking('v'),
  u: usage({}),
  f: finish(),
  r: restart(),
};
const letters = { t: 't', v: 'v', T: '\n\nt', V: '\n\nv' };
const tooLate = new RestartAfterOutputError(
  'A retry voids thinking that has been delivered, after StreamInterruptedError: The stream broke off',
);

describe('selectThinking', () => {
  behavesAsOperator('selectThinking', () => selectThinking());

  it('emits the thinking alone', (m) => {
    const source = m.coldChunks('s-t-v-A-u-f|', values);
    const expected = '           --t-v------|';

    m.expect(source.pipe(selectThinking())).toBeObservable(expected, letters);
  });

  it('puts a blank line between the blocks of a call and between calls', (m) => {
    const source = m.coldChunks('s-t-A-v-v-f-s-t-v-f|', values);
    const expected = '           --t---V-v-----T-v--|';

    m.expect(source.pipe(selectThinking())).toBeObservable(expected, letters);
  });

  it('fails at a restart that voids thinking', (m) => {
    const source = m.coldChunks('s-t-r-s-t-f|', values);
    const expected = '           --t-#';

    m.expect(source.pipe(selectThinking())).toBeObservable(expected, letters, tooLate);
  });

  it("puts a blank line between the attempts with onRestart 'repeat'", (m) => {
    const source = m.coldChunks('s-t-r-s-t-f|', values);
    const expected = '           --t-----T--|';

    m.expect(source.pipe(selectThinking({ onRestart: 'repeat' }))).toBeObservable(expected, letters);
  });

  it('tells with the error what thinking was delivered of the call', (m) => {
    const errors: unknown[] = [];
    const result = m
      .coldChunks('stfs-tAvr', values)
      .pipe(selectThinking(), tap({ error: (error: unknown) => errors.push(error) }));

    m.expect(result).toBeObservable('-t---T-V#', letters, tooLate);
    m.flush();
    expect((errors[0] as RestartAfterOutputError).partial).toMatchObject({
      text: '',
      thinking: 't\n\nv',
      message: { content: [{ type: 'thinking', text: 't\n\nv', kind: 'thinking' }] },
    });
  });

  it('ignores a restart that voids only text', (m) => {
    const source = m.coldChunks('s-a-r-s-t-f|', values);
    const expected = '           --------t--|';

    m.expect(source.pipe(selectThinking())).toBeObservable(expected, letters);
  });

  it("delivers the next attempt as another block with onRestart 'repeat'", (m) => {
    const source = m.coldChunks('s-t-r-s-t-v-f|', values);
    const expected = '           --t-----T-v--|';

    m.expect(source.pipe(selectThinking({ onRestart: 'repeat' }))).toBeObservable(expected, letters);
  });

  vitestIt('throws at the call for an unknown onRestart', () => {
    expect(() => selectThinking({ onRestart: 'retry' as never })).toThrow(
      'selectThinking: onRestart must be fail, repeat, not retry',
    );
  });
});
