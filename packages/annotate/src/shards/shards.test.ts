import { existsSync } from 'node:fs';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFile } from '@rewardedit/core';
import { openDataset, writeScenes, type Dataset } from '@rewardedit/data';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { annotate } from '../run/annotate.ts';
import { correctionsPath, readCorrections } from '../answers/corrections.ts';
import type { Judge } from '../judges/judge.ts';
import { createOracle } from '../oracle/oracle.ts';
import { readRewards } from '../answers/rewards.ts';
import { annotateShard, type AnnotateShardOptions } from './annotate-shard.ts';
import { completionSchema } from './completion-manifest.ts';
import { mergeShards } from './merge-shards.ts';
import { shardFiles } from './shard-files.ts';
import { shardOf } from './shard.ts';
import { surveyShards } from './survey-shards.ts';

const COUNT = 40;
const OF = 3;

let folder: string;
/** A dataset with three unreadable pictures; each test has a copy. */
let whole: string;
let dataset: Dataset;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-shards-'));
  whole = join(folder, 'whole');
  await writeScenes({ folder: whole, count: COUNT, seed: 3, size: 16 });
  for (const name of BROKEN) await writeFile(pictureOf(whole, name), 'no picture');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  runs += 1;
  const path = join(folder, `run-${runs}`);
  await cp(whole, path, { recursive: true });
  dataset = await openDataset(path);
});

const BROKEN = ['000004', '000011', '000030'];
const pictureOf = (path: string, name: string) => join(path, 'pictures', '000', `${name}-edited.png`);

const written = async () => ({
  rewards: await readFile(join(dataset.folder, 'rewards.jsonl'), 'utf8'),
  quarantine: await readFile(join(dataset.folder, 'quarantine.jsonl'), 'utf8'),
});

/** Returns what an unsplit run writes. */
async function unsharded() {
  for (const name of ['rewards.jsonl', 'quarantine.jsonl']) await rm(join(dataset.folder, name));
  await annotate({ dataset, judge: createOracle() });
  return written();
}

const judgeShard = (index: number, options: Partial<AnnotateShardOptions> = {}) =>
  annotateShard({ dataset, judge: createOracle(), shard: { index, of: OF }, version: '1.2.3', ...options });
const filesOf = (index: number) => shardFiles(join(dataset.folder, 'rewards.jsonl'), { index, of: OF });
const merge = async () => mergeShards(dataset, await surveyShards(dataset));
const ids = async () => {
  const found: string[] = [];
  for await (const { id } of dataset.triplets()) found.push(id);
  return found;
};

describe('shards', () => {
  it('are not judged while another process judges the whole dataset, or shards of another split', async () => {
    const unlock = await lockFile(join(dataset.folder, 'rewards.jsonl'));
    const whole = join(dataset.folder, 'rewards.jsonl');
    await expect(judgeShard(0)).rejects.toMatchObject({ code: 'failed', where: whole });
    await unlock();
    await judgeShard(0);
    const other = shardFiles(join(dataset.folder, 'rewards.jsonl'), { index: 1, of: 2 }).journal;
    await writeFile(other, '');
    const unlockOther = await lockFile(other);
    await expect(judgeShard(1)).rejects.toMatchObject({ code: 'failed', where: other });
    await unlockOther();
    const unlockShard = await lockFile(filesOf(2).journal);
    await judgeShard(1);
    const apartFrom = [filesOf(2).journal];
    await expect(annotate({ dataset, judge: createOracle(), apartFrom })).rejects.toMatchObject({
      code: 'failed',
    });
    await unlockShard();
    await annotate({ dataset, judge: createOracle(), apartFrom });
  });

  it('judged one by one and merged equal an unsplit run', async () => {
    for (const index of [2, 0, 1]) await judgeShard(index);
    expect(await merge()).toEqual({ triplets: COUNT, judged: COUNT - 3, quarantined: 3 });
    const merged = await written();
    expect(merged).toEqual(await unsharded());
  });

  it('merged again change nothing, and corrections are kept', async () => {
    for (const index of [0, 1, 2]) await judgeShard(index);
    await merge();
    const before = await written();
    const [first] = await ids();
    const journal = join(dataset.folder, 'rewards.jsonl');
    const correction = {
      id: first,
      reward: { scores: { quality: 1 }, feedback: {} },
      time: '2026-01-01T00:00:00Z',
    };
    await writeFile(correctionsPath(journal), `${JSON.stringify(correction)}\n`);
    await merge();
    expect(await written()).toEqual(before);
    expect((await readCorrections(correctionsPath(journal))).size).toBe(1);
    expect((await readRewards(journal)).get(first)?.scores.quality).toBe(1);
  });

  it('have a manifest that says they are complete, and what they consist of', async () => {
    await judgeShard(1, { command: ['annotate', 'data', '--judge', 'oracle'] });
    const manifest = completionSchema.parse(JSON.parse(await readFile(filesOf(1).manifest, 'utf8')));
    const mine = (await ids()).filter((id) => shardOf(id, OF) === 1);
    const journal = await readFile(filesOf(1).journal, 'utf8');
    const lines = journal.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(mine);
    const aside = lines.filter((line) => line.includes('"missing"')).length;
    expect(manifest).toMatchObject({
      shard: 1,
      of: OF,
      triplets: mine.length,
      judged: mine.length - aside,
      quarantined: aside,
      judge: { name: 'oracle' },
      version: '1.2.3',
      journal: { bytes: Buffer.byteLength(journal) },
      metadata: { count: COUNT },
      command: ['annotate', 'data', '--judge', 'oracle'],
    });
  });

  it('have no manifest while they are incomplete', async () => {
    await judgeShard(0);
    const oracle = createOracle();
    const stopped = judgeShard(0, { judge: { ...oracle, version: 'other' } });
    await expect(stopped).rejects.toMatchObject({ code: 'bad-input' });
    expect(existsSync(filesOf(0).manifest)).toBe(false);
    await judgeShard(0);
    expect(existsSync(filesOf(0).manifest)).toBe(true);
  });

  it('that are missing are reported, and their triplets left out if that is wanted', async () => {
    await judgeShard(0);
    await judgeShard(2);
    const survey = await surveyShards(dataset);
    expect(survey.of).toBe(OF);
    expect([...survey.complete.keys()]).toEqual([0, 2]);
    expect(survey.missing).toEqual([1]);
    const { triplets, judged, quarantined } = await mergeShards(dataset, survey);
    const mine = (await ids()).filter((id) => shardOf(id, OF) !== 1);
    expect(triplets).toBe(COUNT);
    expect(judged + quarantined).toBe(mine.length);
    const { rewards } = await written();
    expect(
      rewards
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(mine);
    await judgeShard(1);
    await merge();
    const merged = await written();
    expect(merged).toEqual(await unsharded());
  });

  it('keep the answers of a retry', async () => {
    for (const index of [0, 1, 2]) await judgeShard(index);
    for (const name of BROKEN) await cp(pictureOf(dataset.folder, '000000'), pictureOf(dataset.folder, name));
    for (const index of [0, 1, 2]) await judgeShard(index, { retryQuarantined: true });
    expect(await merge()).toEqual({ triplets: COUNT, judged: COUNT, quarantined: 0 });
    expect(await readFile(join(dataset.folder, 'quarantine.jsonl'), 'utf8')).toBe('');
  });

  it('keep answers about triplets that left the dataset after the others', async () => {
    for (const index of [0, 1, 2]) await judgeShard(index);
    const rows = (await readFile(dataset.metadata, 'utf8')).trimEnd().split('\n');
    await writeFile(dataset.metadata, `${rows.slice(2).join('\n')}\n`);
    for (const index of [0, 1, 2]) await judgeShard(index);
    expect(await merge()).toMatchObject({ triplets: COUNT - 2 });
    const lines = (await written()).rewards.trimEnd().split('\n');
    const found = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(found.slice(0, COUNT - 2)).toEqual(await ids());
    expect(found).toHaveLength(COUNT);
    expect(new Set(found).size).toBe(COUNT);
  });
});

describe('shards that do not belong together are rejected', () => {
  const bad = (message: RegExp) =>
    expect.objectContaining({ code: 'bad-input', message: expect.stringMatching(message) });

  it('if there are none', async () => {
    await expect(surveyShards(dataset)).rejects.toEqual(bad(/no shards/));
  });

  it('of an earlier version, which counted from 0, before anything is judged again', async () => {
    await writeFile(join(dataset.folder, 'rewards.shard-0-of-3.jsonl'), '');
    const refusal = bad(/an earlier version, which counted shards from 0/);
    await expect(surveyShards(dataset)).rejects.toEqual(refusal);
    await expect(judgeShard(0)).rejects.toEqual(refusal);
    expect(existsSync(filesOf(0).journal)).toBe(false);
  });

  it('of several splits', async () => {
    await judgeShard(0);
    await judgeShard(1, { shard: { index: 1, of: 4 } });
    await expect(surveyShards(dataset)).rejects.toEqual(bad(/into 3 and 4/));
  });

  it('if none is complete', async () => {
    await judgeShard(0);
    await rm(filesOf(0).manifest);
    await expect(merge()).rejects.toEqual(bad(/none of the 3/));
  });

  it('of two judges', async () => {
    const other: Judge = { ...createOracle(), version: 'other' };
    await judgeShard(0);
    await judgeShard(2, { judge: other });
    await expect(surveyShards(dataset)).rejects.toEqual(bad(/shard 3\/3: its judge was oracle other/));
  });

  it('of another state of the metadata', async () => {
    await judgeShard(0);
    await appendFile(dataset.metadata, '\n');
    await expect(surveyShards(dataset)).rejects.toEqual(bad(/shard 1\/3: the metadata .* changed/));
  });

  it.each(['journal', 'quarantine'] as const)('with another %s', async (which) => {
    for (const index of [0, 1, 2]) await judgeShard(index);
    for (const index of [0, 1, 2]) {
      const path = filesOf(index)[which];
      if (!existsSync(path)) continue;
      await appendFile(path, ' ');
      await expect(surveyShards(dataset)).rejects.toEqual(
        bad(new RegExp(`shard ${index + 1}/3: .* is not what it was`)),
      );
      return;
    }
    expect.unreachable();
  });

  it('with a damaged manifest, or that of another shard', async () => {
    await judgeShard(0);
    await cp(filesOf(0).manifest, filesOf(1).manifest);
    await expect(surveyShards(dataset)).rejects.toEqual(
      bad(/shard 2\/3: the manifest is that of shard 1\/3/),
    );
    await writeFile(filesOf(1).manifest, '{"format":');
    await expect(surveyShards(dataset)).rejects.toEqual(bad(/manifest of the shard is not/));
  });

  it('whose manifest contradicts the journal: an answer is missing, of another shard, or repeated', async () => {
    for (const index of [0, 1, 2]) await judgeShard(index);
    const journal = await readFile(filesOf(0).journal, 'utf8');
    const lines = journal.trimEnd().split('\n');
    const foreign = (await readFile(filesOf(1).journal, 'utf8')).split('\n')[0];
    const forge = async (text: readonly string[]) => {
      const bytes = `${text.join('\n')}\n`;
      await writeFile(filesOf(0).journal, bytes);
      const { createHash } = await import('node:crypto');
      const manifest = JSON.parse(await readFile(filesOf(0).manifest, 'utf8')) as object;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const forged = { ...manifest, journal: { sha256, bytes: Buffer.byteLength(bytes) } };
      await writeFile(filesOf(0).manifest, JSON.stringify(forged));
    };
    await forge(lines.slice(1));
    await expect(merge()).rejects.toEqual(bad(/shard 1\/3 has no answer for the triplet/));
    await forge([...lines, foreign]);
    await expect(merge()).rejects.toEqual(bad(/does not belong to shard 1\/3/));
    await forge([...lines, lines[0]]);
    await expect(merge()).rejects.toEqual(bad(/twice/));
    await forge([...lines, 'null']);
    await expect(merge()).rejects.toEqual(bad(/no id/));
    expect(existsSync(join(dataset.folder, 'rewards.jsonl'))).toBe(false);
  });

  it("if the journal of the whole dataset is another judge's, or has answers that would be lost", async () => {
    const journal = join(dataset.folder, 'rewards.jsonl');
    await judgeShard(0);
    await annotate({ dataset, judge: createOracle() });
    const before = await readFile(journal, 'utf8');
    await expect(merge()).rejects.toEqual(bad(/\d+ answers in this journal are in no complete shard/));
    expect(await readFile(journal, 'utf8')).toBe(before);
    await writeFile(journal, before.replaceAll(/"version":"[^"]*"/g, '"version":"0"'));
    await expect(merge()).rejects.toEqual(bad(/those of the judge oracle 0/));
  });
});
