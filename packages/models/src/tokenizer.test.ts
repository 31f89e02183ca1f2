import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJsonFile } from './reference.test.helper.ts';
import { openTokenizer, writeTokenizer } from './tokenizer-files.ts';
import { createTokenizer } from './tokenizer.ts';
import { trainTokenizer } from './train-tokenizer.ts';

/** Folder with CLIP's vocabulary and `tokens.json`, ids by transformers. The vocabulary is not part of this repository. */
const CLIP = process.env.REWARDEDIT_CLIP_TOKENIZER ?? '';
const withClip = existsSync(join(CLIP, 'tokens.json')) && CLIP !== '';
if (!withClip) {
  process.stderr.write(
    'SKIPPED: tokenizer.test.ts compares with transformers only where REWARDEDIT_CLIP_TOKENIZER names a folder with ' +
      "CLIP's vocab.json and merges.txt and the reference tokens.json.\n",
  );
}

const WORDS = ['make it red', 'make the red circle blue', 'remove the red square', 'Make it Red!'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(!withClip)("against transformers on CLIP's vocabulary", () => {
  interface Row {
    text: string;
    ids: number[];
    untruncated_length: number;
  }
  it('has the same ids for every text', async () => {
    const { rows } = readJsonFile(join(CLIP, 'tokens.json')) as { rows: Row[] };
    const tokenizer = await openTokenizer(CLIP);
    expect(rows.length).toBeGreaterThan(0);
    for (const { text, ids, untruncated_length } of rows) {
      const found = {
        text,
        ids: tokenizer.encode(text),
        untruncated_length: tokenizer.tokenize(text).length + 2,
      };
      expect(found).toEqual({ text, ids, untruncated_length });
    }
  });
});

describe('createTokenizer', () => {
  const tokenizer = createTokenizer(trainTokenizer(WORDS, { merges: 30, maxLength: 8 }));
  const { startId, endId } = tokenizer;

  it('truncates long texts and keeps the end token', () => {
    const ids = tokenizer.encode('zzzzzz zzzzzz');
    expect(ids).toHaveLength(8);
    expect([ids[0], ids[7]]).toEqual([startId, endId]);
    expect(tokenizer.tokenize('zzzzzz zzzzzz').length).toBeGreaterThan(6);
  });

  it('pads short texts', () => {
    const ids = tokenizer.encodeBatch(['red', '']);
    expect([...ids]).toEqual([
      ...tokenizer.encode('red'),
      endId,
      endId,
      endId,
      endId,
      endId,
      startId,
      ...Array(7).fill(endId),
    ]);
    const other = createTokenizer({ ...tokenizer.files, padToken: '!' });
    expect(other.encodeBatch(['']).at(-1)).toBe(0);
  });

  it('ignores case, whitespace and control characters', () => {
    expect(tokenizer.encode('  MAKE\tit\n\u0000RED ')).toEqual(tokenizer.encode('make it red'));
  });

  it('keeps special tokens in a text', () => {
    expect(tokenizer.tokenize('red<|endoftext|>red')).toEqual([
      ...tokenizer.tokenize('red'),
      endId,
      ...tokenizer.tokenize('red'),
    ]);
    expect(tokenizer.tokenize('<|ENDOFTEXT|>')).toEqual([endId]);
  });

  it('encodes any text with ids of its vocabulary', () => {
    const size = Object.keys(tokenizer.files.vocabulary).length;
    assert(
      property(string({ unit: 'binary' }), (text) => {
        const ids = tokenizer.encodeBatch([text]);
        expect(ids).toHaveLength(8);
        expect(ids.every((id) => id >= 0 && id < size)).toBe(true);
      }),
    );
  });

  it('requires the special tokens', () => {
    const files = { vocabulary: { a: 0 }, merges: [], maxLength: 8 };
    expect(() => createTokenizer(files)).toThrow('no token "<|startoftext|>"');
  });
});

describe('trainTokenizer', () => {
  it('merges the most frequent pairs first, until none occurs twice', () => {
    const { merges } = trainTokenizer(['abab abab ab'], { merges: 10, maxLength: 8 });
    expect(merges).toEqual(['a b</w>', 'a b', 'ab ab</w>']);
  });

  it('makes frequent words single tokens', () => {
    const tokenizer = createTokenizer(trainTokenizer(WORDS, { merges: 100, maxLength: 16 }));
    expect(tokenizer.tokenize('make the red')).toHaveLength(3);
    expect(tokenizer.tokenize('purple').length).toBeGreaterThan(3);
  });

  it('does not depend on the order of the texts', () => {
    const options = { merges: 40, maxLength: 8 };
    expect(trainTokenizer(WORDS.toReversed(), options)).toEqual(trainTokenizer(WORDS, options));
  });

  it('respects the limit, in addition to 512 letters and two special tokens', () => {
    const { vocabulary, merges } = trainTokenizer(WORDS, { merges: 5, maxLength: 8 });
    expect(merges).toHaveLength(5);
    expect(Object.values(vocabulary).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 512 + 5 + 2 }, (_, id) => id),
    );
  });
});

describe('the files of a tokenizer', () => {
  const files = { ...trainTokenizer(WORDS, { merges: 20, maxLength: 12 }), padToken: '!' };

  it('are read as they were written', async () => {
    await writeTokenizer(join(folder, 'own'), files);
    const { files: read } = await openTokenizer(join(folder, 'own'));
    expect(read).toEqual(files);
  });

  it('may be the single file of newer versions of transformers', async () => {
    const combined = join(folder, 'combined');
    await writeTokenizer(combined, files);
    const merges = files.merges.map((pair) => pair.split(' '));
    const model = { type: 'BPE', vocab: files.vocabulary, merges };
    await writeFile(join(combined, 'tokenizer.json'), JSON.stringify({ version: '1.0', model }));
    for (const name of ['vocab.json', 'merges.txt', 'special_tokens_map.json'])
      await rm(join(combined, name));
    expect((await openTokenizer(combined)).files).toEqual(files);
  });

  it('are named if they are missing or invalid', async () => {
    await expect(openTokenizer(join(folder, 'none'))).rejects.toMatchObject({
      code: 'bad-input',
      where: join(folder, 'none', 'vocab.json'),
    });
    const broken = join(folder, 'broken');
    await writeTokenizer(broken, files);
    await writeFile(join(broken, 'vocab.json'), '{"a": "b"}');
    await expect(openTokenizer(broken)).rejects.toThrow(/is invalid: a: /);
    await writeFile(
      join(broken, 'vocab.json'),
      (await readFile(join(broken, 'merges.txt'), 'utf8')).slice(0, 9),
    );
    await expect(openTokenizer(broken)).rejects.toThrow('not valid JSON');
  });
});
