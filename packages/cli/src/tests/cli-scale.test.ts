import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annotateShard, createOracle } from '@rewardedit/annotate';
import { annotateThroughQueue, parseQueueAddress } from '@rewardedit/annotate/queue';
import { openDataset } from '@rewardedit/data';
import { describe, expect, test, type TestContext } from 'vitest';
import type { AnnotateReport } from '../judging/conclude-annotation.ts';
import { SERVER, startServer } from './redis-server.test.helper.ts';
import { runCli, runJson, startCli, temporaryFolder, untilSays } from './run-cli.test.helper.ts';

const COUNT = 24;
const PASSWORD = 's3cret-pass';

async function scenes(onTestFinished: TestContext['onTestFinished']): Promise<string> {
  const folder = join(await temporaryFolder(onTestFinished), 'scenes');
  await runCli(['data', 'scenes', folder, '--count', String(COUNT), '--size', '16']);
  await writeFile(join(folder, 'pictures', '000', '000005-edited.png'), 'no picture');
  return folder;
}

async function answers(folder: string): Promise<string[]> {
  return Promise.all(
    ['rewards', 'quarantine'].map((name) => readFile(join(folder, `${name}.jsonl`), 'utf8')),
  );
}

/** What `annotate` writes where nothing is spread. */
async function plainAnswers(folder: string): Promise<string[]> {
  for (const name of ['rewards', 'quarantine']) await rm(join(folder, `${name}.jsonl`), { force: true });
  expect((await runCli(['annotate', folder])).exitCode).toBe(68);
  return answers(folder);
}

describe.concurrent('data merge', () => {
  test('says which shards are missing and how to do them, then gives what an unsplit run gives', async ({
    onTestFinished,
  }) => {
    const folder = await scenes(onTestFinished);
    const dataset = await openDataset(folder);
    const judge = (index: number) =>
      annotateShard({
        ...{ dataset, judge: createOracle(), shard: { index, of: 3 }, version: '1' },
        command: ['annotate', folder, '--judge', 'oracle'],
      });
    expect(await runJson(['data', 'merge', folder])).toMatchObject({
      exitCode: 3,
      document: { error: { code: 'bad-input', message: 'there are no shards here' } },
    });
    await judge(1);
    const refused = await runCli(['data', 'merge', folder]);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('2 of 3 shards are not complete');
    for (const shard of ['1/3', '3/3'])
      expect(refused.stderr).toContain(`rewardedit annotate ${folder} --judge oracle --shard ${shard}\n`);

    const partial = await runJson(['data', 'merge', folder, '--allow-incomplete']);
    expect(partial).toMatchObject({
      exitCode: 68,
      document: { shards: 3, missingShards: ['1/3', '3/3'], triplets: COUNT },
    });
    expect(partial.stderr).toContain(`--shard 3/3`);

    await judge(0);
    await judge(2);
    const merged = await runJson(['data', 'merge', folder]);
    expect(merged).toMatchObject({
      exitCode: 0,
      document: { missingShards: [], triplets: COUNT, judged: COUNT - 1, quarantined: 1 },
    });
    const files = await answers(folder);
    expect(files).toEqual(await plainAnswers(folder));
  });
});

describe.skipIf(SERVER === undefined).concurrent('worker', () => {
  test('judges for a run until it is over, and shows the password of the queue nowhere', async ({
    onTestFinished,
  }) => {
    const folder = await scenes(onTestFinished);
    const url = await startServer(onTestFinished, PASSWORD);
    const withPassword = url.replace('//', `//:${PASSWORD}@`);
    const byUrl = () =>
      startCli(['worker', '--queue', withPassword, '--data', folder, '--until-empty', '--debug']);
    const byVariable = () =>
      startCli(['worker', '--json', '--until-empty'], {
        cwd: folder,
        env: { REWARDEDIT_WORKER_QUEUE: url, REDIS_PASSWORD: PASSWORD },
      });
    // One after the other: a worker that comes when the run is over waits a minute for the next one.
    for (const start of [byUrl, byVariable]) {
      const { finished } = start();
      expect((await runCli(['annotate', folder, '--queue', withPassword])).exitCode).toBe(68);
      const files = await answers(folder);
      expect(files).toEqual(await plainAnswers(folder));
      for (const name of ['rewards', 'quarantine']) await rm(join(folder, `${name}.jsonl`));
      const { exitCode, stdout, stderr } = await finished;
      expect(exitCode).toBe(0);
      expect(stderr).toContain(`Judging triplets from ${url}.`);
      expect(stdout + stderr).not.toContain(PASSWORD);
    }
  });

  test('shows the password neither in an error nor where the options are printed', async ({
    onTestFinished,
  }) => {
    const url = await startServer(onTestFinished, PASSWORD);
    const wrong = url.replace('//', '//:wr0ng-pass@');
    const refused = await runJson(['worker', '--queue', wrong, '--debug']);
    expect(refused).toMatchObject({
      exitCode: 4,
      document: { error: { code: 'authentication', where: url } },
    });
    const printed = await runJson(['worker', '--queue', wrong, '--print-config']);
    expect(printed.document).toMatchObject({ options: { queue: { value: url } } });
    const damaged = await runCli(['worker', '--queue', `${wrong}/x`, '--debug']);
    expect(damaged.exitCode).toBe(2);
    expect(damaged.stderr).toContain('--queue');
    for (const { stdout, stderr } of [refused, printed, damaged])
      expect(stdout + stderr).not.toContain('wr0ng-pass');
  });

  test('refuses a run whose settings it does not understand', async ({ onTestFinished }) => {
    const folder = await scenes(onTestFinished);
    const url = await startServer(onTestFinished, PASSWORD);
    const stop = new AbortController();
    const run = annotateThroughQueue({
      address: parseQueueAddress(url, { REDIS_PASSWORD: PASSWORD }),
      dataset: await openDataset(folder),
      judge: createOracle(),
      settings: { judge: 'oracle', replies: 7 },
      signal: stop.signal,
    });
    const refused = await runJson(['worker', '--queue', url, '--data', folder], {
      env: { REDIS_PASSWORD: PASSWORD },
    });
    expect(refused).toMatchObject({
      exitCode: 3,
      document: { error: { code: 'bad-input', hint: expect.stringContaining('same version') } },
    });
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
  });

  test('ends in good order when it is asked to', async ({ onTestFinished }) => {
    const url = await startServer(onTestFinished, PASSWORD);
    const { child, finished } = startCli(['worker', '--queue', url], { env: { REDIS_PASSWORD: PASSWORD } });
    child.stderr?.once('data', () => setTimeout(() => child.kill('SIGTERM'), 500));
    const { exitCode, stdout } = await finished;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Judged 0 triplets');
  });
});

describe.concurrent('annotate', () => {
  test('judges one shard, told by --shard or by what runs it, and says what comes next', async ({
    onTestFinished,
  }) => {
    const folder = await scenes(onTestFinished);
    const first = await runJson(['annotate', folder, '--shard', '1/3']);
    expect([0, 68]).toContain(first.exitCode);
    const { triplets } = first.document as AnnotateReport;
    expect(triplets).toBeLessThan(COUNT);
    expect(first.stderr).toContain(`Judging: ${triplets}/${triplets} triplets after`);
    for (const env of [
      { SLURM_ARRAY_TASK_ID: '2', SLURM_ARRAY_TASK_MIN: '1' },
      { JOB_COMPLETION_INDEX: '2' },
    ]) {
      const { stderr } = await runCli(['annotate', folder, '--shards=3'], { env });
      expect(stderr).toContain(`Next: rewardedit data merge ${folder}`);
      expect(stderr).toContain(`${Object.keys(env)[0]} is 2`);
    }
    expect((await runCli(['data', 'merge', folder])).exitCode).toBe(0);
    const files = await answers(folder);
    expect(files).toEqual(await plainAnswers(folder));
  });

  test('tells the commands of missing shards with the options of those that are done', async ({
    onTestFinished,
  }) => {
    const folder = await scenes(onTestFinished);
    await runCli(['annotate', '--shard=2/2', folder, '--judge', 'oracle', '--concurrency', '2']);
    const { stderr } = await runCli(['data', 'merge', folder]);
    expect(stderr).toContain(`rewardedit annotate ${folder} --judge oracle --concurrency 2 --shard 1/2\n`);
  });

  test('takes one way to spread the work, and says where a shard is none', async ({ onTestFinished }) => {
    const folder = await scenes(onTestFinished);
    const both = await runCli(['annotate', folder, '--shard', '1/2', '--queue', `redis://:${PASSWORD}@host`]);
    expect(both.exitCode).toBe(2);
    expect(both.stderr).not.toContain(PASSWORD);
    for (const words of [
      ['--shard', '0/2'],
      ['--shard', 'x'],
      ['--shards', '2'],
    ])
      expect((await runCli(['annotate', folder, ...words])).exitCode).toBe(2);
  });

  test.skipIf(SERVER === undefined)(
    'lets workers judge, and says that none is there',
    async ({ onTestFinished }) => {
      const folder = await scenes(onTestFinished);
      const url = await startServer(onTestFinished, PASSWORD);
      const env = { REDIS_PASSWORD: PASSWORD };
      const run = startCli(['annotate', folder, '--queue', url, '--json'], { env });
      await untilSays(run, 'Waiting for workers: none has taken a job yet');
      const worker = startCli(['worker', '--queue', url, '--data', folder, '--until-empty'], { env });
      const { exitCode, stdout, stderr } = await run.finished;
      expect(exitCode).toBe(68);
      expect(JSON.parse(stdout)).toMatchObject({ triplets: COUNT, judged: COUNT - 1, quarantined: 1 });
      expect(stderr).toContain(`start one with: rewardedit worker --queue ${url} --data ${folder}`);
      expect(stderr).toContain(`Judging: ${COUNT}/${COUNT} triplets after`);
      expect((await worker.finished).exitCode).toBe(0);
      const files = await answers(folder);
      expect(files).toEqual(await plainAnswers(folder));
    },
  );

  test.skipIf(SERVER === undefined)(
    'stops at Ctrl-C, and goes on with a worker',
    async ({ onTestFinished }) => {
      const folder = await scenes(onTestFinished);
      const url = await startServer(onTestFinished, PASSWORD);
      const env = { REDIS_PASSWORD: PASSWORD };
      const stopped = startCli(['annotate', folder, '--queue', url], { env });
      stopped.child.stderr?.once('data', () => stopped.child.kill('SIGINT'));
      const { exitCode, stderr } = await stopped.finished;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('the same command continues');
      const worker = startCli(['worker', '--queue', url, '--data', folder, '--until-empty'], { env });
      expect((await runCli(['annotate', folder, '--queue', url], { env })).exitCode).toBe(68);
      expect((await worker.finished).exitCode).toBe(0);
    },
  );
});
