import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRewardIndex } from './reward-index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-index-'));
});
afterAll(() => rm(folder, { recursive: true }));

const reward = (following: number) => ({ scores: { following }, feedback: { following: `é ${following}` } });

describe('openRewardIndex', () => {
  it('returns rewards by id, in any order, and undefined for others', async () => {
    const path = join(folder, 'rewards.jsonl');
    const lines = Array.from({ length: 200 }, (_, i) =>
      i % 3 === 0 ? { id: `t${i}`, missing: 'no answer' } : { id: `t${i}`, reward: reward(i % 6) },
    );
    await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await appendFile(path, '{"id":"t500","rew');
    const index = await openRewardIndex(path);
    for (const i of [199, 1, 100, 1]) expect(await index.get(`t${i}`)).toEqual(reward(i % 6));
    for (const id of ['t0', 't99', 't500', 'nobody', '__proto__'])
      expect(await index.get(id)).toBeUndefined();
    await index.close();
  });

  it('has no rewards without a journal, and rejects a damaged one', async () => {
    const none = await openRewardIndex(join(folder, 'none.jsonl'));
    expect(await none.get('t1')).toBeUndefined();
    await none.close();
    const path = join(folder, 'damaged.jsonl');
    await writeFile(path, `${JSON.stringify({ id: 'a', reward: reward(1) })}\n{"id":"b"}\n`);
    await expect(openRewardIndex(path)).rejects.toMatchObject({ code: 'bad-input', where: `${path}:2` });
  });
});
