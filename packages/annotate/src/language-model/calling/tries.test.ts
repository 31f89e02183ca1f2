import { expect, it } from 'vitest';
import type { Call } from './retrying-client.ts';
import { trackTries } from './tries.ts';

const call: Call = {
  request: { system: '', parts: [{ text: 'Judge.' }], maxOutputTokens: 10, sampling: { seed: 1 } },
  key: (attempt) => `key ${attempt}`,
  read: () => ({ invalid: 'it is not' }),
  least: { input: 1, cachedInput: 0, output: 1 },
  most: { input: 10, cachedInput: 0, output: 10 },
};

it('a reported cut-off counts like a cut-off reply: the next try may be twice as long', () => {
  const tries = trackTries(call);
  expect(tries.take({ kind: 'cut-off', message: '500 no end' }, true).asked).toBeUndefined();
  expect(tries.next()).toMatchObject({
    key: 'key 1',
    request: { maxOutputTokens: 20 },
    most: { output: 20 },
    longer: 2,
  });
  expect(tries.take({ text: 'x', finish: 'cut-off' }, true).asked).toBeUndefined();
  expect(tries.next()).toMatchObject({ key: 'key 2', request: { maxOutputTokens: 40 }, longer: 4 });
  expect(tries.take({ kind: 'cut-off', message: '500 no end' }, true).asked).toMatchObject({
    missing: 'cut off: 500 no end (3 times)',
  });
});

it('a server error says nothing about the reply: the same question is asked again', () => {
  const tries = trackTries(call);
  tries.take({ kind: 'server-error', message: '500' }, true);
  expect(tries.next()).toMatchObject({ key: 'key 0', request: call.request, longer: 1 });
});
