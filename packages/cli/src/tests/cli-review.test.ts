import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runCli, runJson, startCli } from './run-cli.test.helper.ts';
import { mountSmallDisk, whyNoSmallDisk } from './small-disk.test.helper.ts';

const noMount = whyNoSmallDisk();
if (noMount !== undefined)
  process.stderr.write(
    `SKIPPED: review on a full or read-only disk, as nothing can be mounted here: ${noMount}\n`,
  );

let folder: string;
let scenes: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-cli-review-'));
  scenes = join(folder, 'scenes');
  await runCli(['data', 'scenes', scenes, '--count', '4', '--size', '16']);
  await runCli(['annotate', scenes]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts the command, and waits until it has told the address on one of its outputs. */
async function startReview(
  args: readonly string[],
  { output = 'stdout', dataset = scenes }: { output?: 'stdout' | 'stderr'; dataset?: string } = {},
) {
  const { child, finished } = startCli(['review', dataset, ...args]);
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child[output]?.on('data', (part: string) => {
      text += part;
      const [found] = /^http:\/\/127\.0\.0\.1:\d+\/\S+\/$/m.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    void finished.then(({ stderr }) => reject(new Error(stderr)));
  });
  return { child, finished, url };
}

/** Corrects a triplet as the page does; gives the answer. */
async function correct(url: string, score: number): Promise<{ status: number; body: unknown }> {
  const { id } = (await (await fetch(`${url}rows/1`)).json()) as { id: string };
  const response = await fetch(`${url}corrections`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(url).origin },
    body: JSON.stringify({ position: 1, id, perspectives: { quality: { score } } }),
  });
  return { status: response.status, body: await response.json() };
}

describe('review', () => {
  test('prints the address, serves the page, and ends at Ctrl-C with what was corrected', async () => {
    const { child, finished, url } = await startReview([]);
    expect(await (await fetch(url)).text()).toContain('<!doctype html>');
    expect((await correct(url, 2)).status).toBe(200);
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await finished;
    const corrections = join(scenes, 'corrections.jsonl');
    expect(stdout).toBe(`${url}\n1 change saved. 1 of 4 triplets are corrected, in ${corrections}.\n`);
    expect(stderr).toMatch(/^Stopping\.$/m);
    expect(exitCode).toBe(0);
    expect(await readFile(corrections, 'utf8')).toMatch(/"quality":2.*"name":"human"/);
    expect(existsSync(join(scenes, '.corrections.jsonl.lock'))).toBe(false);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  test('with --json tells the address on stderr, and prints one document at the end', async () => {
    const { child, finished, url } = await startReview(['--json'], { output: 'stderr' });
    child.kill('SIGTERM');
    const { exitCode, stdout } = await finished;
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ url, triplets: 4, saved: 0 });
  });

  test('ends though a browser keeps its connection open', async () => {
    const { child, finished, url } = await startReview([]);
    const response = await fetch(`${url}rows/0`);
    await response.json();
    child.kill('SIGINT');
    expect((await finished).exitCode).toBe(0);
  });

  test('names what is wrong: no dataset, no such journal, a port that is taken', async () => {
    expect((await runCli(['review', join(folder, 'none')])).exitCode).toBe(3);
    const journal = await runJson(['review', scenes, '--rewards', join(folder, 'none.jsonl')]);
    expect(journal.exitCode).toBe(3);
    expect(journal.document).toMatchObject({
      error: { message: 'cannot read the journal: it does not exist' },
    });
    const { child, finished, url } = await startReview([]);
    const { port } = new URL(url);
    const taken = await runJson(['review', scenes, '--port', port]);
    expect(taken.exitCode).toBe(1);
    expect(taken.document).toMatchObject({ error: { message: `the port ${port} is in use` } });
    child.kill('SIGINT');
    await finished;
  });
});

describe.skipIf(noMount !== undefined)('review where nothing can be written', () => {
  /** A copy of the dataset on a disk of its own. */
  async function copied() {
    const disk = mountSmallDisk(4 << 20);
    onTestFinished(() => disk.unmount());
    const dataset = join(disk.folder, 'scenes');
    await cp(scenes, dataset, { recursive: true });
    await rm(join(dataset, 'corrections.jsonl'), { force: true });
    return { disk, dataset };
  }

  test('says so of each correction while the disk is full, and saves the next once there is room', async () => {
    const { disk, dataset } = await copied();
    const { child, finished, url } = await startReview([], { dataset });
    await disk.fill(0);
    const full = {
      message: expect.stringMatching(/the disk is full$/) as string,
      hint: expect.any(String) as string,
    };
    expect(await correct(url, 1)).toMatchObject({ status: 500, body: full });
    expect(await correct(url, 2)).toMatchObject({ status: 500, body: full });
    await disk.empty();
    expect((await correct(url, 3)).status).toBe(200);
    child.kill('SIGINT');
    expect((await finished).exitCode).toBe(0);
    const lines = (await readFile(join(dataset, 'corrections.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { reward: { scores: { quality: 3 } } },
    ]);
  });

  test('shows a dataset that is read-only', async () => {
    const { disk, dataset } = await copied();
    disk.makeReadOnly();
    const { child, finished, url } = await startReview([], { dataset });
    expect((await fetch(`${url}pictures/0/edited`)).status).toBe(200);
    expect(await correct(url, 1)).toMatchObject({
      status: 500,
      body: { message: expect.stringMatching(/the file system is read-only$/) as string },
    });
    child.kill('SIGINT');
    const { exitCode, stderr } = await finished;
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/Error|warning/);
  });
});
