import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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
