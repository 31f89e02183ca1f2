import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJudgeServer, type JudgeServer } from '@rewardedit/annotate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawScenes } from './judged-scenes.test.helper.ts';
import { runCli, runJson } from './run-cli.test.helper.ts';

const COUNT = 16;
/** Triplets whose edit is the original itself. */
const UNCHANGED = 4;

let folder: string;
let scenes: string;
let server: JudgeServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-cli-cascade-'));
  scenes = await drawScenes(folder, COUNT);
  const metadata = join(scenes, 'metadata.jsonl');
  const rows = (await readFile(metadata, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);
  for (const row of rows) delete row['kind'];
  for (const row of rows.slice(0, UNCHANGED))
    await cp(join(scenes, row['original_file_name']), join(scenes, row['edited_file_name']));
  await writeFile(metadata, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  server = await startJudgeServer();
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

type Line = { measures: Record<string, number>; spent: { calls: number; dollars: number; stages: object[] } };
async function lines(path: string): Promise<Line[]> {
  return (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('a cascade looks at pixels first, and agreement tells what each stage cost beside single judges', async () => {
  const models = join(folder, 'models.json');
  const table = ['small', 'large'].map((model, at) => ({
    model,
    vision: true,
    prices: { input: 1 + 9 * at, output: 10 },
  }));
  await writeFile(models, JSON.stringify({ models: table }));
  const file = join(folder, 'cascade.json');
  const stages = [
    { judge: 'pixels' },
    { judge: 'compatible:small', passes: 2, sure: { spread: 1 } },
    { judge: 'compatible:large' },
  ];
  await writeFile(file, JSON.stringify({ stages }));
  const judge = async (name: string) => {
    const rewards = join(folder, `${name.replace(/\W/g, '-')}.jsonl`);
    const asked = ['--judge', name, '--base-url', server.url, '--model-table', models, '--rewards', rewards];
    expect(await runCli(['annotate', scenes, ...asked])).toMatchObject({ exitCode: 0 });
    return rewards;
  };
  const cascade = await judge(`cascade:${file}`);
  const answers = await lines(cascade);
  const decided = (stage: number) => answers.filter(({ measures }) => measures['cascade.stages'] === stage);
  // Some of the drawn edits are none, too.
  const unchanged = decided(1).length;
  expect(unchanged).toBeGreaterThanOrEqual(UNCHANGED);
  expect(unchanged).toBeLessThan(COUNT);
  expect(decided(1)[0].spent).toMatchObject({ calls: 0, dollars: 0, stages: [{ judge: 'pixels' }] });
  expect(server.calls).toHaveLength(2 * (COUNT - unchanged) + decided(3).length);

  const small = await judge('compatible:small');
  const oracle = await judge('oracle');
  const { document, exitCode } = await runJson(['agreement', oracle, cascade, small, '--bootstrap', '20']);
  expect(exitCode).toBe(0);
  const { costs } = document as { costs: { dollars: number; agreement: number | null; stages: object[] }[] };
  expect(costs).toHaveLength(2);
  expect(costs[0]).toMatchObject({
    answers: COUNT,
    stages: [
      { judge: 'pixels', asked: COUNT, decided: unchanged, calls: 0, dollars: 0 },
      { judge: 'compatible:small', asked: COUNT - unchanged, decided: decided(2).length },
      { judge: 'compatible:large', asked: decided(3).length, decided: decided(3).length },
    ],
  });
  expect(costs[0].dollars).toBeCloseTo(
    answers.reduce((sum, { spent }) => sum + spent.dollars, 0),
    12,
  );
  expect(costs[1]).toMatchObject({ calls: COUNT, stages: [] });
  const { stdout } = await runCli(['agreement', oracle, cascade, small, '--bootstrap', '20']);
  expect(stdout).toMatch(new RegExp(`^ +1 pixels +${COUNT} +${unchanged} +0 +0 +0\\.00`, 'm'));
});

test('a kind that the judge named counts where the dataset tells none', async () => {
  const asked = ['--judge', 'compatible:m', '--base-url', server.url, '--protocol', 'rubric-v2'];
  await runCli(['annotate', scenes, ...asked]);
  const { document } = await runJson(['data', 'stats', scenes]);
  const { kinds } = document as { kinds: Record<string, { triplets: number }> };
  expect(kinds).not.toHaveProperty('none');
  const [[kind, { triplets }]] = Object.entries(kinds);
  const filtered = await runJson(['data', 'filter', scenes, '--where', `kind = '${kind}'`]);
  expect(filtered.document).toMatchObject({ kept: triplets, unknown: 0 });
});
