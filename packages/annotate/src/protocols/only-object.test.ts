import { tryParseJson } from '@rewardedit/core';
import { expect, it } from 'vitest';
import { readOnlyObject } from './only-object.ts';

type Sum = { readonly a: number };

function readSum(text: string): Sum | { readonly invalid: string } | undefined {
  const value = tryParseJson(text) as Sum | undefined;
  if (value === undefined) return undefined;
  return typeof value === 'object' && typeof value?.a === 'number' ? value : { invalid: 'no a' };
}
const read = (text: string) => readOnlyObject(text, readSum, { nothing: 'nothing' });

it.each([
  '{"a":1}',
  'It is {"a":1}.',
  'Of {both}: {"a":1}',
  'An open { and then {"a":1}',
  'A quote " and a { and then {"a":1} "',
  '{"b":2} is not it, {"a":1} is',
  '{"a":1,"text":"} { \\" }"}',
  '<think>{"a":2}</think>{"a":1}',
  '<think>{"a":2}</think><think>{"a":3}</think> so {"a":1}',
  '{"a":1,"text":"</think>"}',
  'Not so: {"a":1,"text":"</think>"}',
])('finds the object in %j', (text) => {
  expect(read(text)).toMatchObject({ a: 1 });
});

it.each([
  ['', 'nothing'],
  ['none', 'nothing'],
  ['{"a":1', 'nothing'],
  ['{"b":{"c":1}', 'nothing'],
  ['{"b":{"a":1}}', 'no a'],
  ['{"a":"1"} and more', 'no a'],
  ['{"a":1}{"a":1}', 'the reply holds 2 objects of the form asked for, not one'],
  ['<think>{"a":1}{"a":2}</think>', 'the reply holds 2 objects of the form asked for, not one'],
  ['</think>{"a":1}{"a":2}', 'the reply holds 2 objects of the form asked for, not one'],
])('finds no object in %j', (text, invalid) => {
  expect(read(text)).toEqual({ invalid });
});

it('gives up on a text full of brackets', () => {
  let looks = 0;
  const look = (text: string) => {
    looks += text.length;
    return readSum(text);
  };
  for (const text of ['{'.repeat(1e5), '{"'.repeat(5e4), `${'{'.repeat(5e4)}${'}'.repeat(5e4)}`])
    expect(readOnlyObject(text, look, { nothing: 'nothing' })).toEqual({ invalid: 'nothing' });
  // Three texts, each read as a whole and then scanned at most fifty times.
  expect(looks).toBeLessThan(3 * 52 * 1e5);
});
