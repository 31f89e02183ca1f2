import { expect, it } from 'vitest';
import { whenAborted } from './when-aborted.ts';

it('calls each once when the signal fires, but those that were taken back', () => {
  const controller = new AbortController();
  const calls: string[] = [];
  whenAborted(controller.signal, () => calls.push('a'));
  const takeBack = whenAborted(controller.signal, () => calls.push('b'));
  whenAborted(controller.signal, () => calls.push('c'));
  takeBack();
  controller.abort();
  takeBack();
  expect(calls).toEqual(['a', 'c']);
});

it('calls at once where the signal has fired', () => {
  const calls: string[] = [];
  whenAborted(AbortSignal.abort(), () => calls.push('a'))();
  expect(calls).toEqual(['a']);
});

it('lets one be taken back while the others are called', () => {
  const controller = new AbortController();
  const calls: string[] = [];
  whenAborted(controller.signal, () => takeBack());
  const takeBack = whenAborted(controller.signal, () => calls.push('b'));
  controller.abort();
  expect(calls).toEqual([]);
});
