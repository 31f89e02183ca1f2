import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJsonLines, type EventBody } from '@rewardedit/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EvalReport } from '../commands/eval.ts';
import { runCli, runJson, startCli } from './run-cli.test.helper.ts';

const COUNT = 14;

let folder: string;
let held: string;
let edits: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-eval-'));
  held = join(folder, 'held');
  edits = join(folder, 'edits');
  const scenes = ['data', 'scenes', held, '--count', `${COUNT}`, '--split', 'held-out', '--seed', '3'];
  const made = await runCli([...scenes, '--fault-rate', '0']);
  if (made.exitCode !== 0) throw new Error(made.stderr);
  // An editor that makes every edit rightly but two, of which it makes one not at all and spoils the other.
  await mkdir(edits);
  const rows = await metadata(held);
  for (const [i, row] of rows.entries()) {
    const name = `${row['id']}.png`;
    if (i > 1) await copyFile(join(held, row['truth_file_name']), join(edits, name));
    if (i === 1) await copyFile(join(held, row['original_file_name']), join(edits, name));
  }
  await writeFile(join(edits, 'stray.png'), 'x');
});
afterAll(() => rm(folder, { recursive: true }));

async function metadata(path: string): Promise<Record<string, string>[]> {
  const rows: Record<string, string>[] = [];
  for await (const { value } of readJsonLines(join(path, 'metadata.jsonl')))
    rows.push(value as Record<string, string>);
  return rows;
}

const column = ({ groups }: EvalReport, name: string) =>
  groups[0].columns.find((found) => found.column === name)!;

describe('eval of a folder of edits', () => {
  test('scores and measures, and lists what is missing and extra', async () => {
    const out = join(folder, 'first');
    const { exitCode, document, stderr } = await runJson(['eval', edits, '--on', held, '--out', out]);
    expect(exitCode).toBe(68);
    const report = document as EvalReport;
    const [first, second] = await metadata(held);
    expect(report.missing).toMatchObject([{ id: first['id'], reason: 'there is no picture with this name' }]);
    expect(report.extra).toEqual(['stray.png']);
    expect(stderr).toContain(`No edit of ${first['id']}: there is no picture with this name.`);
    expect(column(report, 'right')).toMatchObject({ count: COUNT - 1, missing: 1, mean: 12 / 13 });
    expect(column(report, 'right').worstCase).toBeCloseTo(12 / 14, 12);
    expect(column(report, 'overall').mean).toBeGreaterThan(4);
    expect(second['id']).not.toBe(first['id']);
    const events = await readFile(join(out, 'events.jsonl'), 'utf8');
    const told = events
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EventBody);
    const ofType = (type: EventBody['type']) => told.filter((event) => event.type === type);
    expect(ofType('edited')).toHaveLength(COUNT - 1);
    expect(ofType('edited')[0]).toMatchObject({ id: second['id'], path: 'edits/000/000001.png', done: 2 });
    expect(ofType('quarantined')).toMatchObject([{ id: first['id'], done: 1 }]);
    expect(ofType('metric')).toContainEqual(
      expect.objectContaining({ name: 'right', value: 12 / 13, n: COUNT - 1, missing: 1 }),
    );
    expect(told.at(-1)).toMatchObject({ type: 'run-finished', status: 'partial' });
  });

  test('the same command does nothing twice, and gives the same', async () => {
    const out = join(folder, 'first');
    const journal = await readFile(join(out, 'metrics.jsonl'), 'utf8');
    const once = await runJson(['eval', edits, '--on', held, '--out', out]);
    const again = await runJson(['eval', edits, '--on', held, '--out', out]);
    expect(again.document).toEqual(once.document);
    expect(await readFile(join(out, 'metrics.jsonl'), 'utf8')).toBe(journal);
  });

  test('is a table, Markdown, or a line an item', async () => {
    const call = ['eval', edits, '--on', held, '--out', join(folder, 'first')];
    expect((await runCli(call)).stdout).toMatch(/^edits right +0\.923 \[0\.\d+, 1\.000\] +13 +1 +0\.857$/m);
    expect((await runCli([...call, '--format', 'markdown'])).stdout).toMatch(/^\| edits right \| 0\.923/m);
    const { stdout } = await runCli([...call, '--format', 'csv']);
    expect(stdout.trimEnd().split('\r\n')).toHaveLength(COUNT);
  });

  test('without a judge has metrics alone', async () => {
    const out = join(folder, 'unjudged');
    const { document } = await runJson(['eval', edits, '--on', held, '--out', out, '--judge', 'none']);
    expect(column(document as EvalReport, 'overall')).toBeUndefined();
    expect(column(document as EvalReport, 'truth.psnr').count).toBe(COUNT - 1);
    expect(await readdir(out)).not.toContain('rewards.jsonl');
  });

  test('lets a judge that fails its canaries score nothing, and refuses one that is named twice', async () => {
    const out = join(folder, 'judges');
    const call = ['eval', edits, '--on', held, '--out', out, '--judge', 'oracle'];
    const tried = await runCli([...call, '--canaries']);
    expect(tried.exitCode).toBe(1);
    expect(tried.stderr).toContain('the judge oracle failed canaries: ');
    expect(await readdir(out)).not.toContain('rewards.jsonl');
    const twice = await runCli([...call, '--judge', 'oracle']);
    expect(twice.exitCode).toBe(2);
    expect(twice.stderr).toContain('each judge may be given once');
  });

  test('refuses the folder of another run', async () => {
    const { exitCode, stderr } = await runCli(['eval', held, '--on', held, '--out', join(folder, 'first')]);
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/none of the \d+ pictures here has the name of an item|belongs to another run/);
  });
});

describe('eval of a model', () => {
  test('edits each item from its own noise, whatever is edited beside it, and goes on after kill -9', async () => {
    const run = join(folder, 'run');
    const train = ['train', held, '--out', run, '--stage', '1', '--steps', '1', '--batch-size', '2'];
    expect(await runCli([...train, '--sample-count', '0'])).toMatchObject({ exitCode: 0 });
    const call = (out: string) => [
      'eval',
      join(run, 'model'),
      '--on',
      held,
      '--out',
      join(folder, out),
      '--steps',
      '2',
      '--judge',
      'none',
    ];
    expect(await runCli(call('whole'))).toMatchObject({ exitCode: 0 });
    const told = (await readFile(join(folder, 'whole', 'events.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EventBody);
    expect(told.find(({ type }) => type === 'phase-started')).toMatchObject({ requests: ['pause'] });
    const types = told.map(({ type }) => type);
    expect(types.indexOf('memory')).toBeGreaterThan(0);
    expect(types.indexOf('memory')).toBeLessThan(types.indexOf('denoised'));

    const { child, finished } = startCli(call('killed'));
    const metadataFile = join(folder, 'killed', 'metadata.jsonl');
    while (child.exitCode === null && !(await readFile(metadataFile, 'utf8').catch(() => '')).includes('\n'))
      await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await finished;
    // As if it had been killed in the middle of the edits.
    const lines = (await readFile(metadataFile, 'utf8')).split('\n').filter((line) => line !== '');
    await writeFile(
      metadataFile,
      lines
        .slice(0, 3)
        .map((line) => `${line}\n`)
        .join(''),
    );
    expect(await runCli(call('killed'))).toMatchObject({ exitCode: 0 });

    const [whole, killed] = await Promise.all(
      ['whole', 'killed'].map((name) => metadata(join(folder, name))),
    );
    expect(killed).toEqual(whole);
    for (const { edited_file_name: name } of whole) {
      const [a, b] = await Promise.all(['whole', 'killed'].map((one) => readFile(join(folder, one, name))));
      expect(Buffer.compare(a, b)).toBe(0);
    }
  }, 240_000);
});
