import { AIMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { fakeModel } from '@langchain/core/testing';
import { expect, it } from 'vitest';

it('reads the text', async () => {
  const model = fakeModel().respond(new AIMessage('Hi'));
  const chain = model.pipe(new StringOutputParser());

  expect(await chain.invoke('Hello')).toBe('Hi');
  expect(model.callCount).toBe(1);
});
