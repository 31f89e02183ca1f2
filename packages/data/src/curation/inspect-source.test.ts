import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open, samplePicture, temporaryFolder } from '../formats/dataset.test.helper.ts';
import { inspectSource } from './inspect-source.ts';

describe('inspectSource', () => {
  it('counts fields, pictures and problems', async () => {
    const here = await temporaryFolder(onTestFinished);
    await writeFile(join(here, 'a.jpg'), await samplePicture(1));
    await writeFile(join(here, 'b.png'), await samplePicture(2, 'png'));
    const base = { original: 'a.jpg', edited: 'b.png' };
    const rows = [
      { id: 'a', instruction: 'make it night', kind: 'global', turn: 1, ...base },
      { id: 'b', instruction: '', reward: { scores: { quality: 3 }, feedback: {} }, ...base },
      { id: 'a', instruction: 'once more', ...base },
      { id: 'c', instruction: 'gone', ...base, edited: 'gone.png' },
      { id: 'd', instruction: null, ...base },
    ];
    await writeFile(join(here, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const found = await inspectSource(await open(join(here, 'rows.jsonl')));
    expect(found).toMatchObject({
      format: 'jsonl',
      rows: 5,
      usable: 3,
      pictureFormats: [
        { what: 'jpeg', count: 3 },
        { what: 'png', count: 3 },
      ],
      pictureSizes: [{ what: '16 x 12', count: 6 }],
      kinds: [
        { what: 'none', count: 3 },
        { what: 'global', count: 1 },
      ],
      instructionLength: { count: 4, min: 0, max: 13 },
      rewards: { following: 0, preserving: 0, quality: 1 },
      problems: { unusable: 2, duplicateIds: 1, emptyInstructions: 1 },
      examples: [{ id: 'a', instruction: 'make it night', kind: 'global' }, { id: 'b' }, { id: 'a' }],
    });
    expect(found.fields).toContainEqual({ what: 'turn', count: 1 });
    expect(found.problems.examples.map(({ id, where }) => `${id} ${where.split(':').at(-1)}`)).toEqual([
      'b 2',
      'a 3',
      'c 4',
      'd 5',
    ]);
  });

  it('accepts a dataset without rows', async () => {
    const here = await temporaryFolder(onTestFinished);
    await writeFile(join(here, 'rows.jsonl'), '');
    expect(await inspectSource(await open(join(here, 'rows.jsonl')))).toMatchObject({
      rows: 0,
      usable: 0,
      pictureBytes: { count: 0 },
      examples: [],
    });
  });
});
