import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexLines } from './line-index.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-lines-'));
  path = join(folder, 'lines.jsonl');
});
afterAll(() => rm(folder, { recursive: true }));

/** All lines as texts, read in the order given, or from the last to the first. */
async function lines(order?: readonly number[]): Promise<string[]> {
  const index = await indexLines(path);
  try {
    const positions = order ?? Array.from({ length: index.count }, (_, at) => index.count - 1 - at);
    const texts: string[] = [];
    for (const position of positions)
      texts[position] = Buffer.from(await index.read(position)).toString('utf8');
    return texts;
  } finally {
    await index.close();
  }
}

describe('indexLines', () => {
  it('finds each line with its newline, in any order', async () => {
    const texts = ['{"a":1}\n', '{"b":"grüße 🙂"}\n', '[]\n'];
    await writeFile(path, texts.join(''));
    expect(await lines()).toEqual(texts);
    expect(await lines([1, 0, 2, 1])).toEqual(texts);
    const index = await indexLines(path);
    expect(index.count).toBe(3);
    expect([...index.offsets]).toEqual([
      0,
      8,
      8 + Buffer.byteLength(texts[1]),
      Buffer.byteLength(texts.join('')),
    ]);
    await index.close();
  });

  it('does not count blank lines, like readers of JSON lines', async () => {
    await writeFile(path, `\n{"a":1}\n \r\n\n{"b":"${'x'.repeat(1_100_000)}"}\n\n`);
    expect((await lines()).map((text) => Object.keys(JSON.parse(text) as object))).toEqual([['a'], ['b']]);
    await writeFile(path, `${'\n'.repeat(1_100_000)}{"a":1}\n`);
    expect((await lines()).map((text) => text.trim())).toEqual(['{"a":1}']);
  });

  it('has no lines for an empty file', async () => {
    await writeFile(path, '');
    const index = await indexLines(path);
    expect([index.count, [...index.offsets]]).toEqual([0, [0]]);
    await index.close();
  });

  it.each([
    ['whole', '{"b":2}', 2],
    ['torn', '{"b":"hal', 1],
    ['torn within a character', Buffer.from('{"b":"ü').subarray(0, -1), 1],
    ['of blanks', '  ', 1],
  ])('counts a last line without its newline that is %s as %j says', async (_, last, count) => {
    await writeFile(path, '{"a":1}\n');
    await appendFile(path, last);
    expect(await lines()).toEqual(['{"a":1}\n', '{"b":2}'].slice(0, count));
  });

  it('finds lines longer than a chunk', async () => {
    const texts = ['"a"\n', `"${'x'.repeat(3_000_000)}"\n`, '"y"\n'];
    await writeFile(path, texts.join(''));
    expect(await lines()).toEqual(texts);
  });

  it('finds 100,000 lines', async () => {
    const texts = Array.from({ length: 100_000 }, (_, at) => `${at}\n`);
    await writeFile(path, texts.join(''));
    const index = await indexLines(path);
    expect(index.count).toBe(100_000);
    for (let at = 0; at < 100_000; at += 9973)
      expect(Buffer.from(await index.read(at)).toString()).toBe(texts[at]);
    await index.close();
  });

  it('equals splitting the file, for any lines', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 30 }), async (values) => {
        const texts = values.map((value) => `${JSON.stringify(value)}\n`);
        await writeFile(path, texts.join(''));
        expect(await lines()).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });

  it('contains only the lines present when it was created', async () => {
    await writeFile(path, '1\n2\n');
    const index = await indexLines(path);
    await appendFile(path, '3\n');
    expect(index.count).toBe(2);
    expect(Buffer.from(await index.read(1)).toString()).toBe('2\n');
    for (const position of [-1, 2, 0.5, Number.NaN])
      await expect(index.read(position)).rejects.toThrow(RangeError);
    await index.close();
  });

  it('names a missing file', async () => {
    const missing = join(folder, 'none.jsonl');
    await expect(indexLines(missing)).rejects.toMatchObject({ code: 'bad-input', where: missing });
  });
});
