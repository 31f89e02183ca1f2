import { assert, asyncProperty, array, integer, string } from 'fast-check';
import { expect, test } from 'vitest';
import { linesOf } from './lines.ts';

test('the lines are the same however the bytes are split', () =>
  assert(
    asyncProperty(array(string({ unit: 'binary' })), integer({ min: 1, max: 9 }), async (texts, size) => {
      const rows = texts.map((text) => JSON.stringify({ text }));
      const bytes = Buffer.from(rows.join('\n'));
      const chunks = async function* () {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      };
      const lines: string[] = [];
      for await (const line of linesOf(chunks())) lines.push(line);
      expect(lines).toEqual(rows);
    }),
    { numRuns: 50 },
  ));

test('a line that is too long is cut', async () => {
  const chunks = async function* () {
    yield Buffer.from('ab');
    yield Buffer.from('cdef');
    yield Buffer.from('ghi\njk\nlmnopq');
  };
  const lines: string[] = [];
  for await (const line of linesOf(chunks(), 5)) lines.push(line);
  expect(lines).toEqual(['abcde', 'jk', 'lmnop']);
});

test('empty lines and carriage returns are dropped', async () => {
  const chunks = async function* () {
    yield Buffer.from('\n{"a":1}\r\n\n');
    yield Buffer.from('{"b":2}');
  };
  const lines: string[] = [];
  for await (const line of linesOf(chunks())) lines.push(line);
  expect(lines).toEqual(['{"a":1}', '{"b":2}']);
});
