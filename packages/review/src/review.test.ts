import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRewards } from '@rewardedit/annotate';
import { lockFile } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerOf, EVERYTHING, testDataset, type TestDataset } from './dataset.test.helper.ts';
import type { Change, RowQuery } from './protocol.ts';
import { ROWS_PER_PAGE } from './protocol.ts';
import { openReview, type Review } from './review.ts';

async function open(folder: string): Promise<Review> {
  const review = await openReview({ dataset: await openDataset(folder) });
  onTestFinished(() => review.close().catch(() => undefined));
  return review;
}

async function opened(content: TestDataset) {
  const folder = await testDataset(content);
  return { folder, review: await open(folder) };
}

async function listed(review: Review, query: Partial<RowQuery>): Promise<string[]> {
  return (await review.page({ ...EVERYTHING, ...query }, 0)).rows.map(({ id }) => id);
}

const change = (position: number, id: string, perspectives: Change['perspectives']): Change => ({
  position,
  id,
  perspectives,
});

const corrections = async (folder: string) =>
  (await readFile(join(folder, 'corrections.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

const THREE: TestDataset = {
  rows: [
    { id: 'a', kind: 'add', description: 'a room' },
    { id: 'b' },
    { id: '__proto__', instruction: 'Ändere ALLES' },
  ],
  answers: [
    // Not in the order of the dataset, and one about a triplet that no longer exists.
    answerOf('__proto__', [1, 2, 3], { measures: { dB: 20, ['<b>']: 1 } }),
    answerOf('gone', [0, 0, 0]),
    answerOf('a', [5, 4, 3], { reward: { spread: { following: 0.5, quality: 0.25 } } }),
    { id: 'b', missing: 'the model refused' },
  ],
  quarantine: [{ id: 'b', reason: 'the model refused', replies: ['no', 'never'] }],
};

describe('openReview', () => {
  it('shows a row with everything in the files', async () => {
    const { review } = await opened(THREE);
    expect(review.about).toMatchObject({ count: 3, judge: 'tester', measures: ['dB', '<b>'] });
    expect(await review.details(0)).toMatchObject({
      id: 'a',
      kind: 'add',
      description: 'a room',
      pictures: { original: 'pictures/grey.png', edited: 'pictures/red.png' },
      judged: { scores: { following: 5, preserving: 4, quality: 3 }, spread: { following: 0.5 } },
      measures: [],
    });
    expect(await review.details(1)).toMatchObject({
      missing: 'the model refused',
      setAside: { reason: 'the model refused', replies: ['no', 'never'] },
    });
    expect(await review.details(2)).toMatchObject({
      id: '__proto__',
      measures: [
        ['dB', 20],
        ['<b>', 1],
      ],
    });
    await expect(review.details(3)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('filters, sorts and searches', async () => {
    const { review } = await opened(THREE);
    expect(await listed(review, { reward: 'incomplete' })).toEqual(['b']);
    expect(await listed(review, { reward: 'set-aside' })).toEqual(['b']);
    expect(await listed(review, { scores: { following: [0, 2] } })).toEqual(['__proto__']);
    expect(await listed(review, { kinds: ['none'] })).toEqual(['b', '__proto__']);
    expect(await listed(review, { sort: 'overall' })).toEqual(['__proto__', 'a', 'b']);
    expect(await listed(review, { sort: 'spread' })).toEqual(['a', 'b', '__proto__']);
    expect(await listed(review, { text: 'ändere' })).toEqual(['__proto__']);
    expect(await listed(review, { text: '"preserves a"' })).toEqual(['a']);
    expect(await listed(review, { text: 'refused' })).toEqual(['b']);
    expect(await listed(review, { text: 'edit follows' })).toEqual(['a']);
  });

  it("works without a judge's answers, and with rewards in the metadata", async () => {
    const reward = { scores: { following: 2, quality: 4 }, feedback: { following: 'blurred' } };
    const { folder, review } = await opened({ rows: [{ id: 'a', reward }, { id: 'b' }] });
    expect(await review.details(0)).toMatchObject({ judged: reward });
    expect(await listed(review, { text: 'blurred' })).toEqual(['a']);
    await review.save(change(0, 'a', { following: { score: 5 } }));
    const page = await review.page(EVERYTHING, 0);
    expect(page.rows[0].scores).toEqual({ following: 5, quality: 4 });
    expect((await readRewards(join(folder, 'rewards.jsonl'))).get('a')?.scores).toEqual({ following: 5 });
  });

  it('rejects two triplets with one id, and damaged files, naming the line', async () => {
    const twice = await testDataset({ rows: [{ id: 'a' }, { id: 'a' }] });
    await expect(open(twice)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'two triplets have the id a',
    });
    const damaged = await testDataset({ ...THREE, corrections: [{ id: 'a' }] });
    await expect(open(damaged)).rejects.toMatchObject({
      code: 'bad-input',
      where: `${join(damaged, 'corrections.jsonl')}:1`,
    });
  });

  it('reports a file that was changed meanwhile, and shows nothing of another row', async () => {
    const { folder, review } = await opened(THREE);
    const path = join(folder, 'rewards.jsonl');
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    // In place, as an editor may do it; replacing the file would keep the opened one unchanged.
    await writeFile(
      path,
      lines
        .toReversed()
        .map((line) => `${line}\n`)
        .join(''),
    );
    await expect(review.details(0)).rejects.toMatchObject({ code: 'failed', where: path });
  });
});

describe('a list', () => {
  const rows = Array.from({ length: ROWS_PER_PAGE * 2 + 5 }, (_, number) => ({ id: `row-${number}` }));

  it('keeps its rows while they are corrected, so no page skips one', async () => {
    const { review } = await opened({ rows });
    const query: RowQuery = { ...EVERYTHING, corrected: 'no' };
    const first = await review.page(query, 0);
    expect([first.total, first.rows.length]).toEqual([rows.length, ROWS_PER_PAGE]);
    for (const { position, id } of first.rows.slice(0, 3))
      await review.save(change(position, id, { quality: { score: 1 } }));
    const second = await review.page(query, 1, first.list);
    expect(second.list).toBe(first.list);
    expect(second.rows[0].id).toBe(`row-${ROWS_PER_PAGE}`);
    const anew = await review.page(query, 0);
    expect([anew.total, anew.rows[0].id]).toEqual([rows.length - 3, 'row-3']);
  });

  it('is made anew for another query, or if it has expired', async () => {
    const { review } = await opened({ rows });
    const first = await review.page(EVERYTHING, 0);
    const other = await review.page({ ...EVERYTHING, descending: true }, 0, first.list);
    expect(other.list).not.toBe(first.list);
    expect((await review.page(EVERYTHING, 0, 999)).list).not.toBe(999);
    expect((await review.page(EVERYTHING, 99, first.list)).rows).toEqual([]);
  });
});

describe('a correction', () => {
  it("is written as a person's reward, which later steps prefer by perspective", async () => {
    const { folder, review } = await opened(THREE);
    await review.save(change(0, 'a', { following: { score: 1 } }));
    const saved = await review.save(change(0, 'a', { quality: { score: 2.5, feedback: 'grainy' } }));
    expect(saved).toMatchObject({
      row: { position: 0, scores: { following: 1, preserving: 4, quality: 2.5 }, isCorrected: true },
      correction: { scores: { following: 1, quality: 2.5 }, feedback: { quality: 'grainy' } },
    });
    expect(await corrections(folder)).toEqual([
      {
        id: 'a',
        reward: { scores: { following: 1 }, feedback: {}, judge: { name: 'human', version: '1' } },
        time: expect.any(String) as string,
      },
      expect.objectContaining({ id: 'a' }),
    ]);
    const reward = (await readRewards(join(folder, 'rewards.jsonl'))).get('a');
    expect(reward).toMatchObject({
      scores: { following: 1, preserving: 4, quality: 2.5 },
      feedback: { preserving: 'preserves a', quality: 'grainy' },
      judge: { name: 'tester', corrected: 'following quality' },
    });
    expect(reward?.feedback.following).toBeUndefined();
    expect(review.counts()).toEqual({ saved: 2, corrected: 1 });
  });

  it('counts at once in filters, order, search and spread', async () => {
    const { review } = await opened(THREE);
    await review.save(change(0, 'a', { following: { score: 0, feedback: 'Nothing was DONE' } }));
    expect(await listed(review, { corrected: 'yes' })).toEqual(['a']);
    expect(await listed(review, { scores: { following: [0, 0] } })).toEqual(['a']);
    expect(await listed(review, { text: '"nothing was done" edit' })).toEqual(['a']);
    expect(await listed(review, { sort: 'following' })).toEqual(['a', '__proto__', 'b']);
  });

  it("is withdrawn by perspective, and leaves the judge's answer", async () => {
    const { folder, review } = await opened(THREE);
    await review.save(change(0, 'a', { following: { score: 1 }, quality: { score: 1, feedback: 'x' } }));
    await review.save(change(0, 'a', { following: { score: null } }));
    const withdrawn = await review.save(change(0, 'a', { quality: { score: null, feedback: '  ' } }));
    expect(withdrawn.correction).toBeUndefined();
    expect(withdrawn.row).toMatchObject({ scores: { following: 5, quality: 3 }, isCorrected: false });
    expect((await corrections(folder)).length).toBe(3);
    expect((await readRewards(join(folder, 'rewards.jsonl'))).get('a')?.judge).toEqual({
      name: 'tester',
      version: '1',
    });
    expect(await listed(review, { sort: 'spread' })).toEqual(['a', 'b', '__proto__']);
  });

  it('is kept when the review is opened again', async () => {
    const { folder, review } = await opened(THREE);
    await review.save(change(1, 'b', { following: { score: 3 } }));
    await review.close();
    const again = await open(folder);
    expect((await again.details(1)).correction).toMatchObject({ scores: { following: 3 } });
    expect(again.counts()).toEqual({ saved: 0, corrected: 1 });
  });

  it('loses nothing if there are several at once', async () => {
    const { folder, review } = await opened(THREE);
    const names = ['following', 'preserving', 'quality'] as const;
    await Promise.all(
      Array.from({ length: 30 }, (_, number) =>
        review.save(change(number % 2, 'ab'[number % 2], { [names[number % 3]]: { score: number % 6 } })),
      ),
    );
    expect((await corrections(folder)).length).toBe(30);
    const rewards = await readRewards(join(folder, 'rewards.jsonl'));
    for (const [row, id] of ['a', 'b'].entries()) {
      const { rows } = await review.page(EVERYTHING, 0);
      expect(rewards.get(id)?.scores).toEqual(rows[row].scores);
      expect(Object.keys(rows[row].scores)).toEqual([...names]);
    }
  });

  it('is rejected for another triplet than the one at that position', async () => {
    const { folder, review } = await opened(THREE);
    await expect(review.save(change(0, 'b', { following: { score: 1 } }))).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(existsSync(join(folder, 'corrections.jsonl'))).toBe(false);
  });
});

describe('several processes', () => {
  it('exclude each other only once they correct, and load earlier corrections', async () => {
    const { folder, review } = await opened(THREE);
    const other = await open(folder);
    expect(existsSync(join(folder, 'corrections.jsonl'))).toBe(false);
    const path = join(folder, 'corrections.jsonl');
    const unlock = await lockFile(path);
    await expect(other.save(change(1, 'b', { following: { score: 1 } }))).rejects.toMatchObject({
      code: 'failed',
      where: path,
    });
    await unlock();

    await review.save(change(0, 'a', { following: { score: 1 } }));
    await expect(other.save(change(0, 'a', { quality: { score: 1 } }))).rejects.toMatchObject({
      code: 'failed',
    });
    await review.close();
    const saved = await other.save(change(0, 'a', { quality: { score: 1 } }));
    expect(saved.correction?.scores).toEqual({ following: 1, quality: 1 });
  });
});
