import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  batchEndpoints,
  startJudgeServer,
  type JudgeServer,
  type Question,
} from '@rewardedit/annotate/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawScenes } from './judged-scenes.test.helper.ts';
import { runCli, runJson } from './run-cli.test.helper.ts';

const COUNT = 12;

let folder: string;
/** Edits with faults, and the true edits of the same scenes. */
let spoilt: string;
let right: string;
/** Edits without a fault, which are the true ones. */
let alike = 0;
let server: JudgeServer;
const batches = batchEndpoints({ immediate: true });
/** What the judge says of a pair. */
let choose: (question: Question) => string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-cli-pairwise-'));
  spoilt = await drawScenes(folder, COUNT);
  right = join(folder, 'right');
  await cp(spoilt, right, { recursive: true });
  const lines = (await readFile(join(spoilt, 'metadata.jsonl'), 'utf8')).trimEnd().split('\n');
  const rows = lines.map((line) => {
    const row = JSON.parse(line) as Record<string, unknown>;
    return JSON.stringify({ ...row, edited_file_name: row['truth_file_name'] });
  });
  await writeFile(join(right, 'metadata.jsonl'), `${rows.join('\n')}\n`);
  for (const line of lines) {
    const { edited_file_name: edited, truth_file_name: truth } = JSON.parse(line) as Record<string, string>;
    const [a, b] = await Promise.all([edited, truth].map((name) => readFile(join(spoilt, name))));
    alike += Number(a.equals(b));
  }
  const respects = ['following', 'preserving', 'quality', 'overall'];
  server = await startJudgeServer({
    batches,
    reply: (question) =>
      JSON.stringify(
        Object.fromEntries(respects.map((name) => [name, { difference: '', better: choose(question) }])),
      ),
  });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

type Comparison = {
  choice: string;
  winRate: { share: { mean: number } };
  firstPlace: { share: { mean: number; interval: [number, number] }; pValue: number };
};
type Report = { comparisons: Comparison[]; judged: number };
const overall = (document: unknown) =>
  (document as Report).comparisons.find(({ choice }) => choice === 'overall')!;
const asked = (...more: string[]) => [
  ...['annotate', right, '--pairwise', spoilt, '--judge', 'compatible:m', '--base-url', server.url],
  ...more,
];

describe('annotate --pairwise', () => {
  test('lets the oracle choose, which no order moves', async () => {
    const { stdout, exitCode } = await runCli(['annotate', right, '--pairwise', spoilt]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^right against scenes +win rate \[95 %\]/m);
    expect(stdout).toMatch(/^position bias +share of the first position/m);
    expect(stdout).toMatch(/^overall +0\.50 \[0\.50, 0\.50\] +1\.000 +24$/m);
    const { document } = await runJson(['annotate', right, '--pairwise', spoilt]);
    expect(document).toMatchObject({ judged: 0, answeredBefore: COUNT, missing: 0, unpaired: [] });
    const { winRate } = overall(document);
    expect(winRate.share.mean).toBeGreaterThan(0.6);
  });

  test('finds the bias of a judge that prefers the first place, and asks nothing twice', async () => {
    expect(alike).toBeLessThan(COUNT / 2);
    choose = () => 'first';
    const journal = join(folder, 'biased', 'pairs.jsonl');
    const { document, exitCode } = await runJson(asked('--rewards', journal));
    expect(exitCode).toBe(0);
    expect(overall(document)).toMatchObject({
      ...{ pairs: COUNT, wins: 0, losses: 0, ties: 0, orderDecides: COUNT },
      winRate: { share: { mean: 0.5 }, pValue: 1 },
      firstPlace: { share: { mean: 1 }, pValue: 2 / 2 ** COUNT },
    });
    // Edits that are the same file make one question of both orders.
    const calls = 2 * COUNT - alike;
    expect(server.calls).toHaveLength(calls);
    const [line] = (await readFile(journal, 'utf8')).split('\n');
    expect(JSON.parse(line)).toMatchObject({
      inputs: { other: expect.stringMatching(/^\w{32}$/) as string },
      reward: { scores: {}, judge: { protocol: 'pairwise-v1', protocolHash: expect.any(String) as string } },
      measures: { 'overall.shown-first': 1, 'overall.shown-second': 0 },
      spent: { calls: 2 },
    });
    // From the other side, the same replies serve.
    const turned = ['annotate', spoilt, '--pairwise', right, ...asked().slice(4)];
    const cache = ['--cache-dir', join(folder, 'biased', 'replies')];
    expect((await runCli([...turned, ...cache])).exitCode).toBe(0);
    expect(server.calls).toHaveLength(calls);
  });

  test('asks about pairs in batches, and writes the same answers', async () => {
    choose = () => 'first';
    const before = server.calls.length;
    const journal = join(folder, 'batched', 'pairs.jsonl');
    const { exitCode } = await runCli(asked('--batch', '--wait', '--rewards', journal));
    expect(exitCode).toBe(0);
    expect(server.calls).toHaveLength(before);
    expect(batches.done.size).toBe(2 * COUNT - alike);
    const direct = await readFile(join(folder, 'biased', 'pairs.jsonl'), 'utf8');
    expect(await readFile(journal, 'utf8')).toBe(direct);
  });

  test('asks in the words of a file, and sets pairs aside of which an order has no usable answer', async () => {
    const protocol = {
      name: 'mine',
      questions: [
        {
          name: 'best',
          parts: [
            { picture: 'first' },
            { picture: 'second' },
            { text: 'Which? {instruction} {"overall": {"better": ...}}' },
          ],
          reply: { maxTokens: 50 },
          choices: { overall: { at: 'overall.better', first: 'a', second: 'b' } },
        },
      ],
    };
    const file = join(folder, 'mine.json');
    await writeFile(file, JSON.stringify(protocol));
    let broken: string | undefined;
    choose = ({ topic }) => ((broken ??= topic) === topic ? 'nobody' : 'A');
    const journal = join(folder, 'mine', 'pairs.jsonl');
    const { document, exitCode } = await runJson(
      asked('--protocol', file, '--rewards', journal, '--concurrency', '1'),
    );
    expect(exitCode).toBe(68);
    expect(document).toMatchObject({
      missing: 1,
      quarantined: 1,
      comparisons: [{ pairs: COUNT - 1, missing: 1 }],
    });
    choose = () => 'A';
    const again = await runJson(asked('--protocol', file, '--rewards', journal, '--retry-quarantined'));
    expect(again).toMatchObject({ exitCode: 0, document: { judged: 1, missing: 0 } });
  });

  test('pairs what has the same id, instruction and original, and says what has not', async () => {
    const part = join(folder, 'part');
    await cp(spoilt, part, { recursive: true });
    const lines = (await readFile(join(spoilt, 'metadata.jsonl'), 'utf8')).trimEnd().split('\n');
    const rows = lines.slice(2).map((line) => JSON.parse(line) as Record<string, unknown>);
    rows[0]['instruction'] = 'something else';
    rows[1]['original_file_name'] = rows[2]['original_file_name'];
    await writeFile(join(part, 'metadata.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
    const { document, stderr } = await runJson(['annotate', right, '--pairwise', part]);
    expect((document as { unpaired: { reason: string }[] }).unpaired.map(({ reason }) => reason)).toEqual([
      ...['only right has it', 'only right has it', 'the instructions differ'],
      'the originals are different pictures',
    ]);
    expect(stderr).toContain('the instructions differ');
    expect(await runCli(['annotate', right, '--pairwise', right])).toMatchObject({ exitCode: 3 });
  });
});

test('compare --pairwise puts the pairs beside the differences, and on the page', async () => {
  await runCli(['annotate', right]);
  await runCli(['annotate', spoilt]);
  const page = join(folder, 'comparison.html');
  const { stdout, exitCode } = await runCli(['compare', spoilt, right, '--pairwise', '--report', page]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^right against scenes +win rate/m);
  expect(await readFile(page, 'utf8')).toContain('Pair by pair');
});
