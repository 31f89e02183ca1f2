import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Answer } from '@rewardedit/annotate';
import type { Reward } from '@rewardedit/core';
import { expect, onTestFinished, test } from 'vitest';
import type { CalibrationReport } from '../commands/judge/calibrate.ts';
import type { ModelList } from '../commands/judge/list.ts';
import { runCli, runJson, temporaryFolder } from './run-cli.test.helper.ts';

test("judge list has the models of the table, and a table of one's own in place of those of the same names", async () => {
  const folder = await temporaryFolder(onTestFinished);
  const table = join(folder, 'models.json');
  const own = { model: 'gpt-6-luna', vision: true, prices: { input: 77, output: 78 } };
  await writeFile(table, JSON.stringify({ models: [own] }));
  const { document } = await runJson(['judge', 'list', '--model-table', table]);
  const { models, asOf } = document as ModelList;
  expect(models.filter(({ model }) => model === 'gpt-6-luna')).toEqual([own]);
  expect(models.length).toBeGreaterThan(30);
  expect(Date.parse(asOf)).toBeGreaterThan(Date.parse('2026-01-01'));
  const { stdout } = await runCli(['judge', 'list', '--model-table', table]);
  expect(stdout).toMatch(/^gpt-6-luna +77 +78 /m);
});

test('judge test tries a judge on triplets whose answers one knows, and says nothing but that when quiet', async () => {
  const folder = await temporaryFolder(onTestFinished);
  await runCli(['data', 'scenes', folder, '--count', '16', '--fault-rate', '0', '-q']);
  const { exitCode, stdout, stderr } = await runCli(['judge', 'test', folder, '-j', 'oracle', '--quiet']);
  expect(stdout).toMatch(/^canary +what is shown/m);
  expect(stderr).toBe('');
  // The oracle reads no text, and so fails what is said to it in none.
  expect([0, 1, 68]).toContain(exitCode);
});

test('judge calibrate fits a judge to corrections, and calibrated:FILE scores with it', async () => {
  const folder = await temporaryFolder(onTestFinished);
  const [scenes, calibration] = [join(folder, 'scenes'), join(folder, 'calibration.json')];
  await runCli(['data', 'scenes', scenes, '--count', '60', '--size', '16']);
  await runCli(['annotate', scenes]);
  const rewards = join(scenes, 'rewards.jsonl');
  const answers = (await readFile(rewards, 'utf8')).trim().split('\n');
  const corrections = join(folder, 'corrections.jsonl');
  const halved = answers.map((line) => {
    const { id, reward } = JSON.parse(line) as Answer & { reward: Reward };
    const scores = Object.fromEntries(
      Object.entries(reward.scores).map(([name, score]) => [name, score / 2]),
    );
    return JSON.stringify({ id, reward: { scores, feedback: {}, judge: { name: 'human', version: '1' } } });
  });
  await writeFile(corrections, `${halved.join('\n')}\n`);
  const words = ['judge', 'calibrate', rewards, corrections, '--bootstrap', '20', '--out', calibration];
  const { exitCode, document } = await runJson(words);
  expect(exitCode).toBe(0);
  const { difference } = (document as CalibrationReport).perspectives['following'];
  expect(difference.meanAbsoluteError.interval!.high).toBeLessThan(0);

  const judge = ['--judge', `calibrated:${calibration}`];
  await runCli(['annotate', scenes, ...judge, '--rewards', join(folder, 'calibrated.jsonl')]);
  const mapped = (await readFile(join(folder, 'calibrated.jsonl'), 'utf8')).trim().split('\n');
  expect(mapped).toHaveLength(60);
  for (const [i, line] of mapped.entries()) {
    const { reward } = JSON.parse(line) as { reward: Reward };
    const { reward: own } = JSON.parse(answers[i]) as { reward: Reward };
    expect(reward.scores.following).toBeCloseTo(own.scores.following! / 2, 10);
    expect(reward.judge!.name).toBe('calibrated:oracle');
  }
});
