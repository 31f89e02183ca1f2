import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset, writeScenes } from '@rewardedit/data';
import type { AgreementReport } from '@rewardedit/eval';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';

const RATINGS = join(
  import.meta.dirname,
  '../../../../../shared/agreement/viescore-gpt4o-text-guided-editing.jsonl',
);
const isThere = existsSync(RATINGS);
if (!isThere) process.stderr.write(`SKIPPED: the command agreement on VIEScore's ratings (no ${RATINGS})\n`);

async function fileOf(name: string, rows: readonly unknown[]): Promise<string> {
  const path = join(await temporaryFolder(onTestFinished), name);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

const edit = (uid: number, editor: string, judge: number) => ({
  uid: String(uid),
  editor,
  human: [
    { SC: (uid % 3) / 2, PQ: 1 },
    { SC: (uid % 2) / 2, PQ: 1 },
  ],
  judge: { SC: [judge, 10], PQ: [judge, judge] },
});

/** Twelve edits by two editors; the second one's judge always says the same. */
const EDITS = Array.from({ length: 12 }, (_, uid) => [
  edit(uid, 'one', (uid * 7) % 10),
  edit(uid, 'flat', 3),
]).flat();

const answer = (id: string, following: number, name: string) => ({
  id,
  reward: { scores: { following, preserving: 5 - following }, feedback: {}, judge: { name, version: '1' } },
});

describe.skipIf(!isThere)("on VIEScore's ratings", () => {
  test('prints the figures with four digits, the means of groups among them', async () => {
    const { exitCode, stdout, stderr } = await runCli(['agreement', RATINGS, '--bootstrap', '100']);
    expect(exitCode).toBe(0);
    for (const line of [
      /^Spearman +SC +N +PQ +N +O +N$/m,
      /^InstructPix2Pix +0\.6874 +179 +0\.4164 +179 +0\.6018 +179$/m,
      /^SDEdit +0\.3767 +179 +0\.4270 +179 +0\.3649 +179$/m,
      /^Fisher mean of groups +0\.5839 +0\.4642 +0\.5508$/m,
      /^ {2}95 % from, resampled +0\.5\d{3} +0\.3\d{3} +0\.4\d{3}$/m,
      /^all items +0\.7175 +537 +0\.4217 +537 +0\.6391 +537$/m,
      /^ {2}95 % from, items resampled +0\.6\d{3} +0\.3\d{3} +0\.5\d{3}$/m,
      /^Kendall's tau-b +0\.5987 +0\.3246 +0\.5158$/m,
      /^pairwise accuracy, pairs of a task +0\.8384 +0\.6583 +0\.7971$/m,
      /^ {2}pairs +362 +420 +350$/m,
      /^Krippendorff's alpha, interval +0\.6643 +0\.3504 +0\.6031$/m,
      /^weighted kappa, quadratic +0\.6209 +0\.3702 +0\.5398$/m,
      /^N +537 +537 +537$/m,
      /^missing +0 +0 +0$/m,
      /^Spearman with the others, Fisher mean +0\.6415 +0\.5960 +0\.6283$/m,
    ])
      expect(stdout).toMatch(line);
    expect(stderr).toContain('SC: 2 answers of a judge have fewer scores than requested');
    expect(stderr).toContain('Resampling: 900/900 resamples');
  });

  test('has the same figures in the JSON document, unrounded, and the same for the same seed', async () => {
    const [first, again, other] = await Promise.all(
      ['3', '3', '4'].map((seed) => runJson(['agreement', RATINGS, '--bootstrap', '50', '--seed', seed])),
    );
    expect(first.exitCode).toBe(0);
    expect(again.document).toEqual(first.document);
    const [O, otherO] = [first, other].map(
      ({ document }) => (document as AgreementReport).comparisons[0].perspectives['O'],
    );
    expect(O.spearman.fisherMean.value).toBeCloseTo(0.550768667414, 11);
    expect(O.spearman).toMatchObject({ interval: { resamples: 50 } });
    expect(otherO.spearman.pooled).toBe(O.spearman.pooled);
    expect(otherO.spearman.interval).not.toEqual(O.spearman.interval);
  });
});

test('prints a dash for what is not defined, and says why', async () => {
  const path = await fileOf('edits.jsonl', EDITS);
  const { exitCode, stdout, stderr } = await runCli(['agreement', path, '--bootstrap', '0']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^flat +- +12 +- +12 +- +12$/m);
  expect(stdout).toMatch(/^one +-?0\.\d{4} +12 +- +12 +-?0\.\d{4} +12$/m);
  expect(stdout).not.toContain('95 %');
  expect(stderr).toMatch(/^SC: 1 group has no correlation, because one side is constant/m);
  expect(stderr).toMatch(/^PQ: 2 groups have no correlation/m);
});

test('counts an answer with too few scores as it is, and with --strict as missing', async () => {
  const path = await fileOf('edits.jsonl', [
    ...EDITS,
    { ...edit(99, 'one', 1), judge: { SC: [9], PQ: [1, 1] } },
  ]);
  const [plain, strict] = await Promise.all([
    runCli(['agreement', path, '--bootstrap', '0']),
    runCli(['agreement', path, '--bootstrap', '0', '--strict']),
  ]);
  expect(plain.stdout).toMatch(/^missing +0 +0 +0$/m);
  expect(plain.stderr).toContain('SC: 1 answer of a judge has fewer scores than requested: used as they are');
  expect(strict.stdout).toMatch(/^N +24 +25 +24$/m);
  expect(strict.stdout).toMatch(/^missing +1 +0 +1$/m);
});

test('compares the journals of two judges, by the kind of edit', async () => {
  const folder = await temporaryFolder(onTestFinished);
  const dataset = join(folder, 'scenes');
  await runCli(['data', 'scenes', dataset, '--count', '40', '--size', '16']);
  await runCli(['annotate', dataset]);
  const rewards = join(dataset, 'rewards.jsonl');
  const corrections = join(folder, 'corrections.jsonl');
  const rows = Array.from({ length: 20 }, (_, i) =>
    answer(`scene-train-0-${String(i).padStart(6, '0')}`, i % 6, 'human'),
  );
  await writeFile(corrections, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));

  const { exitCode, document } = await runJson(['agreement', rewards, corrections, '--dataset', dataset]);
  expect(exitCode).toBe(0);
  const [{ judge, reference, perspectives }] = (document as AgreementReport).comparisons;
  expect(judge).toMatch(/^oracle /);
  expect(reference).toBe(`human (${corrections})`);
  expect(perspectives['following']).toMatchObject({ n: 20, missing: 20 });
  expect(perspectives['overall']).toMatchObject({ n: 0, missing: 40 });
  const { groups } = perspectives['following'];
  expect(groups.length).toBeGreaterThan(1);
  expect(groups.map(({ group }) => group)).not.toContain('not in the dataset');
  expect(groups.reduce((sum, { n }) => sum + n, 0)).toBe(20);
});

test('names of groups keep to their row', async () => {
  const path = await fileOf('edits.jsonl', [edit(1, 'a\nmissing 9\u001B[31m', 1), edit(2, 'b', 2)]);
  const { stdout } = await runCli(['agreement', path, '--bootstrap', '0']);
  expect(stdout).toMatch(/^a\\u000amissing 9\\u001b\[31m +- /m);
  expect(stdout).not.toContain('\u001B');
});

test('has a remark where resamples have no correlation', async () => {
  const path = await fileOf('edits.jsonl', [edit(0, 'one', 1), edit(1, 'one', 2), edit(2, 'one', 5)]);
  const { stderr } = await runCli(['agreement', path]);
  expect(stderr).toMatch(/^SC: \d+ resamples have no correlation; the interval is based on the others\.$/m);
});

test('says in its help that it takes several files', async () => {
  const { stdout } = await runCli(['agreement', '--help']);
  expect(stdout).toContain('$ rewardedit agreement FILE... [OPTIONS]');
});

test('stops at Ctrl-C', async () => {
  const path = await fileOf('edits.jsonl', EDITS);
  const { child, finished } = startCli(['agreement', path, '--bootstrap', '100000000']);
  child.stderr?.on('data', (text: string) => {
    if (text.includes('Resampling')) child.kill('SIGINT');
  });
  const { exitCode, stdout } = await finished;
  expect(exitCode).toBe(130);
  expect(stdout).toBe('');
});

describe('says what is wrong, where, and what to do', () => {
  test('with a line', async () => {
    const path = await fileOf('edits.jsonl', [EDITS[0], { ...EDITS[1], judge: { SC: [99, 1] } }]);
    const { exitCode, stdout, stderr } = await runCli(['agreement', path]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`where: ${path}:2`);
    expect(stderr).toContain('judge.SC.0');
    expect(stderr).toMatch(/what to do: \S/);
    expect(stdout).toBe('');
  });

  test('with one journal alone', async () => {
    const path = await fileOf('rewards.jsonl', [answer('a', 1, 'oracle')]);
    const { exitCode, stderr } = await runCli(['agreement', path]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('a single journal of rewards has nothing to be compared with');
  });

  test('with files that have nothing in common', async () => {
    const first = await fileOf('a.jsonl', [answer('a', 1, 'oracle')]);
    const second = await fileOf('b.jsonl', [answer('b', 1, 'other')]);
    const { exitCode, stderr } = await runCli(['agreement', first, second]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('no item has a value on both sides');
  });

  test('without a file', async () => {
    const { exitCode, stderr } = await runCli(['agreement']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('missing: FILE');
  });
});

test('the card of a dataset says how far its judge agrees with another, or why that is not known', async () => {
  const folder = await temporaryFolder(onTestFinished);
  const scenes = join(folder, 'scenes');
  await writeScenes({ folder: scenes, count: 8, size: 16, seed: 2 });
  const ids: string[] = [];
  for await (const { id } of (await openDataset(scenes)).triplets()) ids.push(id);
  const journal = (judge: string, score: (i: number) => number) =>
    ids.map((id, i) => `${JSON.stringify(answer(id, score(i), judge))}\n`).join('');
  await writeFile(
    join(scenes, 'rewards.jsonl'),
    journal('one', (i) => i % 5),
  );
  const other = join(folder, 'other.jsonl');
  await writeFile(
    other,
    journal('other', (i) => (i + 1) % 5),
  );
  const alone = await runCli(['card', 'dataset', scenes]);
  expect(alone.stdout).toContain('No person and no other judge has scored these triplets.');
  const { stdout } = await runCli(['card', 'dataset', scenes, '--against', other]);
  expect(stdout).toMatch(/^\| other 1 against one 1 \| Spearman/m);
  expect(stdout).toMatch(/^\| following \| -?0\.\d{3} .*\| 8 \| 0 \|$/m);
});
