import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startJudgeServer } from '@rewardedit/annotate/testing';
import { expect, onTestFinished, test } from 'vitest';
import type { AnnotateReport } from '../judging/conclude-annotation.ts';
import { judgeWords } from './judged-scenes.test.helper.ts';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';

async function scenes(count: number): Promise<string> {
  const folder = join(await temporaryFolder(onTestFinished), 'scenes');
  await runCli(['data', 'scenes', folder, '--count', String(count), '--size', '16']);
  return folder;
}

test('prints mean, spread, number and missing scores of each perspective', async () => {
  const folder = await scenes(30);
  const { exitCode, stdout, stderr } = await runCli(['annotate', folder, '--judge', 'oracle']);
  expect(exitCode).toBe(0);
  for (const title of ['instruction following', 'detail preserving', 'generation quality'])
    expect(stdout).toMatch(new RegExp(`^${title} +\\d\\.\\d\\d +\\d\\.\\d\\d +30 +0$`, 'm'));
  expect(stdout).toContain(join(folder, 'rewards.jsonl'));
  expect(stderr).toContain('Next: rewardedit train');
});

test('ends with 68 where a picture cannot be read, counts it as missing, and tries it again when it can', async () => {
  const folder = await scenes(10);
  const picture = join(folder, 'pictures', '000', '000004-edited.png');
  const whole = await readFile(picture);
  await writeFile(picture, whole.subarray(0, 60));

  const partial = await runJson(['annotate', folder]);
  expect(partial.exitCode).toBe(68);
  expect(partial.document).toMatchObject({
    triplets: 10,
    judged: 9,
    quarantined: 1,
    scores: { quality: { count: 9, missing: 1 } },
  });
  expect(partial.stderr).toContain('000004-edited.png');

  expect((await runJson(['annotate', folder, '--retry-quarantined'])).exitCode).toBe(68);
  await writeFile(picture, whole);
  const complete = await runJson(['annotate', folder]);
  expect(complete.exitCode).toBe(0);
  expect(complete.document).toMatchObject({ judged: 1, answeredBefore: 9 });
});

test('counts each triplet of the dataset once, also where the journal has answers about others', async () => {
  const folder = await scenes(20);
  const first = await runCli(['annotate', folder]);
  expect(first.stderr).toMatch(/^Judging: 0\/20 triplets$/m);
  expect(first.stderr).toMatch(/^Judging: 20\/20 triplets after /m);
  const again = await runCli(['annotate', folder]);
  expect(again.stderr).toMatch(/^Judging: 20\/20 triplets \(100%\)$/m);

  const file = join(folder, 'metadata.jsonl');
  const rows = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, rows.slice(0, 15).join('\n') + '\n');
  const shorter = await runJson(['annotate', folder]);
  expect(shorter.exitCode).toBe(0);
  expect(shorter.stderr).toContain('Judging: 15/15 triplets');
  expect(shorter.document).toMatchObject({
    answeredBefore: 15,
    scores: { following: { count: 15, missing: 0 } },
  });
});

test('refuses the oracle where no true edit is known, writes nothing, and leaves the dataset to another judge', async () => {
  const folder = await scenes(2);
  const file = join(folder, 'metadata.jsonl');
  const rows = (await readFile(file, 'utf8')).replaceAll(/"truth_file_name":"[^"]*",/g, '');
  await writeFile(file, rows);
  const before = await readdir(folder);
  const { exitCode, stderr } = await runCli(['annotate', folder]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/no triplet here has one[^]*what to do:.*--judge openai:MODEL/);
  expect(await readdir(folder)).toEqual(before);
  const server = await startJudgeServer();
  const { exitCode: judged } = await runCli(judgeWords(folder, server.url));
  expect(judged).toBe(0);
  expect(server.calls).toHaveLength(2);
  await server.close();
});

test('stops at Ctrl-C, and goes on to the same answers', async () => {
  const folder = await scenes(200);
  const { child, finished } = startCli(['annotate', folder]);
  child.stderr?.once('data', () => child.kill('SIGINT'));
  expect((await finished).exitCode).toBe(130);
  const rewards = join(folder, 'rewards.jsonl');
  const { exitCode, stdout } = await runJson(['annotate', folder]);
  expect(exitCode).toBe(0);
  const { judged, answeredBefore } = JSON.parse(stdout) as AnnotateReport;
  expect(judged + answeredBefore).toBe(200);
  expect(judged).toBeGreaterThan(0);
  const resumed = await readFile(rewards, 'utf8');
  await rm(rewards);
  await runCli(['annotate', folder]);
  expect(await readFile(rewards, 'utf8')).toBe(resumed);
});
