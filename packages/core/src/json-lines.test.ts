import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readJsonLines, type ReadJsonLinesOptions } from './json-lines.ts';

let path: string;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-lines-'));
  path = join(folder, 'lines.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const readAll = async (options: ReadJsonLinesOptions<unknown> = {}) => {
  const values: unknown[] = [];
  for await (const { value, position } of readJsonLines(path, options)) {
    expect(position).toBe(values.length);
    values.push(value);
  }
  return values;
};

describe('readJsonLines', () => {
  it('reads back any values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.boolean(), async (values, lastNewline) => {
        const text =
          values.map((value) => JSON.stringify(value)).join('\n') +
          (lastNewline && values.length > 0 ? '\n' : '');
        await writeFile(path, text);
        expect(await readAll()).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  it('joins lines longer than a chunk of the file', async () => {
    const values = ['ä'.repeat(300_000), 'b', 'c'.repeat(700_000)];
    await writeFile(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    expect(await readAll()).toEqual(values);
  });

  describe('a truncated file', () => {
    const bytes = Buffer.from('{"id":"a","text":"ä"}\n{"id":"b"}\n');
    const ends = Array.from({ length: bytes.length + 1 }, (_, end) => end);
    const isTorn = (text: string) => text !== '' && !/\}\n?$/.test(text);

    it.each(ends.filter((end) => !isTorn(bytes.toString('utf8', 0, end))))(
      'at a line end, byte %d, is whole',
      async (end) => {
        await writeFile(path, bytes.subarray(0, end));
        const lines = bytes.toString('utf8', 0, end).split('}').length - 1;
        expect(await readAll()).toHaveLength(lines);
        expect(await readAll({ tornLastLine: 'ignore' })).toHaveLength(lines);
      },
    );

    it.each(ends.filter((end) => isTorn(bytes.toString('utf8', 0, end))))(
      'elsewhere, byte %d, ends with a torn line',
      async (end) => {
        await writeFile(path, bytes.subarray(0, end));
        const whole = await readAll({ tornLastLine: 'ignore' });
        expect(whole).toHaveLength(bytes.toString('utf8', 0, end).split('\n').length - 1);
        await expect(readAll()).rejects.toMatchObject({
          code: 'bad-input',
          message: 'the last line is incomplete',
          where: `${path}:${whole.length + 1}`,
        });
      },
    );
  });

  it('skips blank lines and a byte order mark, and counts lines like editors', async () => {
    await writeFile(path, '\uFEFF{"id":"a"}\r\n\n \t\n{"id":"b"}\n\n');
    const found: object[] = [];
    for await (const line of readJsonLines(path)) found.push(line);
    expect(found).toEqual([
      { value: { id: 'a' }, line: 1, position: 0 },
      { value: { id: 'b' }, line: 4, position: 1 },
    ]);
  });

  it.each(['{"id":', '{"id":"a"} {"id":"b"}', 'NaN'])(
    'a line %j in the middle is an error, never skipped',
    async (bad) => {
      await writeFile(path, `{"id":"a"}\n${bad}\n{"id":"c"}\n`);
      for (const tornLastLine of ['error', 'ignore'] as const) {
        await expect(readAll({ tornLastLine })).rejects.toMatchObject({
          code: 'bad-input',
          message: 'this line is not JSON',
          where: `${path}:2`,
        });
      }
    },
  );

  it('rejects bytes that are not UTF-8', async () => {
    await writeFile(path, Buffer.from([0x22, 0xff, 0x22, 0x0a]));
    await expect(readAll()).rejects.toMatchObject({ where: `${path}:1` });
  });

  it('reports what does not match the schema, and where', async () => {
    await writeFile(path, '{"id":"a","n":1}\n{"id":"b","n":"two"}\n');
    await expect(readAll({ schema: z.object({ id: z.string(), n: z.number() }) })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^this line is invalid: n: /),
      where: `${path}:2`,
    });
  });

  it('names a missing file', async () => {
    await expect(readAll()).rejects.toMatchObject({ code: 'bad-input', where: path });
  });
});
