import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { annotateShard, createOracle } from '@rewardedit/annotate';
import { annotateThroughQueue, parseQueueAddress } from '@rewardedit/annotate/queue';
import { openDataset } from '@rewardedit/data';
import { describe, expect, test, type TestContext } from 'vitest';
import { SERVER, startServer } from './redis-server.test.helper.ts';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';

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
    for (const shard of ['0/3', '2/3'])
      expect(refused.stderr).toContain(`rewardedit annotate ${folder} --judge oracle --shard ${shard}\n`);

    const partial = await runJson(['data', 'merge', folder, '--allow-incomplete']);
    expect(partial).toMatchObject({
      exitCode: 68,
      document: { shards: 3, missingShards: ['0/3', '2/3'], triplets: COUNT },
    });
    expect(partial.stderr).toContain(`--shard 2/3`);

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
    const byUrl = startCli(['worker', '--queue', withPassword, '--until-empty', '--debug']);
    const byVariable = startCli(['worker', '--json', '--until-empty'], {
      env: { REWARDEDIT_WORKER_QUEUE: url, REDIS_PASSWORD: PASSWORD },
    });
    await annotateThroughQueue({
      address: parseQueueAddress(withPassword),
      dataset: await openDataset(folder),
      judge: createOracle(),
      settings: { judge: 'oracle' },
    });
    const files = await answers(folder);
    expect(files).toEqual(await plainAnswers(folder));
    for (const { finished } of [byUrl, byVariable]) {
      const { exitCode, stdout, stderr } = await finished;
      expect(exitCode).toBe(0);
      expect(stderr).toContain(`Taking triplets from ${url}.`);
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

  test('ends in good order when it is asked to', async ({ onTestFinished }) => {
    const url = await startServer(onTestFinished, PASSWORD);
    const { child, finished } = startCli(['worker', '--queue', url], { env: { REDIS_PASSWORD: PASSWORD } });
    child.stderr?.once('data', () => setTimeout(() => child.kill('SIGTERM'), 500));
    const { exitCode, stdout } = await finished;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Judged 0 triplets');
  });
});
