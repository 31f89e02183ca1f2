import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@rewardedit/core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CompareReport } from '../commands/compare.ts';
import { runCli, runJson, temporaryFolder } from './run-cli.test.helper.ts';

/** A run of 40 edits of ten photos, each with a score; `gain` lies on top of what all runs have in common. */
async function writeRun(folder: string, gain: number, config: object): Promise<string> {
  const random = createRandom(5, 'scores');
  await mkdir(folder, { recursive: true });
  const items = Array.from({ length: 40 }, (_, i) => ({
    row: {
      id: `item-${i}`,
      instruction: `edit ${i}`,
      original_file_name: `${Math.floor(i / 4)}.png`,
      edited_file_name: `${i}.png`,
    },
    score: Math.min(5, Math.max(0, 3 + random.normal() + gain)),
  }));
  const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
  await writeFile(join(folder, 'metadata.jsonl'), lines(items.map(({ row }) => row)));
  await writeFile(
    join(folder, 'rewards.jsonl'),
    lines(
      items.map(({ row: { id }, score }) => ({
        id,
        reward: { scores: { following: score, preserving: score, quality: score }, feedback: {} },
      })),
    ),
  );
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

let folder: string;
let [base, better, worse]: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-compare-'));
  base = await writeRun(join(folder, 'base'), 0, { candidate: { model: 'a', steps: 10 } });
  better = await writeRun(join(folder, 'better'), 0.3, { candidate: { model: 'b', steps: 10 } });
  worse = await writeRun(join(folder, 'worse'), -0.3, { candidate: { model: 'c', steps: 20 } });
});

afterAll(() => rm(folder, { recursive: true }));

describe('compare', () => {
  test('shows differences with intervals, and in what the runs differ', async () => {
    const { exitCode, stdout } = await runCli(['compare', base, better, worse, '--columns', 'overall']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^against base +difference \[95 %\] +p \(corrected\) +wins +ties +losses +N$/m);
    expect(stdout).toMatch(/^better +overall +\+0\.\d\d \[\+0\.\d\d, \+0\.\d\d\] +0\.004 +\d+ +\d+ +0 +40$/m);
    expect(stdout).toMatch(/^candidate\.steps +10 +10 +20$/m);
  });

  test('of a run with itself is exactly zero', async () => {
    const { document } = await runJson(['compare', base, base]);
    const { differences, settings } = document as CompareReport;
    expect(settings).toEqual([]);
    expect(differences.map(({ column }) => column)).toEqual([
      'overall',
      'following',
      'preserving',
      'quality',
    ]);
    for (const difference of differences)
      expect(difference).toMatchObject({ mean: 0, interval: [0, 0], pValue: 1, ties: 40 });
  });

  test('gates on the interval, not on the point', async () => {
    const report = join(await temporaryFolder(onTestFinished), 'report.xml');
    const gate = (run: string) =>
      runCli(['compare', base, run, '--columns', 'overall', '--gate', '--format', 'junit', '--out', report]);
    expect(await gate(better)).toMatchObject({ exitCode: 0 });
    const { exitCode, stderr } = await gate(worse);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Worse than base: worse in overall.');
    expect(await readFile(report, 'utf8')).toMatch(/<testsuites tests="1" failures="1" errors="0">/);
  });

  test('says what there is where a column is unknown', async () => {
    const { exitCode, stderr } = await runCli(['compare', base, better, '--columns', 'beauty']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no run has the column "beauty"');
    expect(stderr).toContain('following');
  });
});
