import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { runCli, runJson, temporaryFolder } from './run-cli.test.helper.ts';

async function projectWith(
  config: unknown,
  onTestFinished: TestContext['onTestFinished'],
): Promise<{ folder: string; file: string }> {
  const folder = await temporaryFolder(onTestFinished);
  const file = join(folder, 'rewardedit.config.json');
  await writeFile(file, JSON.stringify(config));
  return { folder, file };
}

const PRINT = ['data', 'scenes', 'out', '--print-config'];

describe.concurrent('options', () => {
  test('come from the command line, the environment, the config file and the defaults, in this order', async ({
    onTestFinished,
  }) => {
    const { folder, file } = await projectWith(
      { 'data scenes': { count: 10, seed: 10, size: 10, split: 'held-out' }, train: { steps: 5 } },
      onTestFinished,
    );
    const { exitCode, document } = await runJson([...PRINT, '--count', '12'], {
      cwd: folder,
      env: { REWARDEDIT_DATA_SCENES_COUNT: '11', REWARDEDIT_DATA_SCENES_SEED: '11' },
    });
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ command: 'data scenes', configFile: file });
    expect(document).toMatchObject({
      options: {
        count: { value: 12, source: 'command line', name: '--count' },
        seed: { value: 11, source: 'environment', name: 'REWARDEDIT_DATA_SCENES_SEED' },
        size: { value: 10, source: 'config file', name: file },
        split: { value: 'held-out', source: 'config file' },
        'fault-rate': { value: 0.6, source: 'default' },
        config: { value: null, source: 'not set' },
      },
    });
  });

  test('are printed as a table, and nothing is done', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const { exitCode, stdout } = await runCli(PRINT, { cwd: folder });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^option +value +from$/m);
    expect(stdout).toMatch(/^count +2000 +default$/m);
    expect((await runCli(['annotate', 'out'], { cwd: folder })).exitCode).toBe(3);
  });

  test('may be in the config file although they are required, and be switched back', async ({
    onTestFinished,
  }) => {
    const settings = { out: 'runs/a', flips: false, recompute: true, betas: '0.8,0.9' };
    const { folder } = await projectWith({ train: settings }, onTestFinished);
    const args = ['train', '--print-config', '--flips'];
    const { exitCode, document } = await runJson(args, { cwd: folder });
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({
      options: {
        out: { value: 'runs/a', source: 'config file' },
        flips: { value: true, source: 'command line' },
        recompute: { value: true, source: 'config file' },
        betas: { value: [0.8, 0.9], source: 'config file' },
        init: { value: null, source: 'not set' },
      },
    });
  });

  test('come from the file that --config names', async ({ onTestFinished }) => {
    const { folder } = await projectWith({ 'data scenes': { count: 10, size: 10 } }, onTestFinished);
    await writeFile(join(folder, 'other.json'), '{"data scenes": {"count": 20}}');
    const { document } = await runJson([...PRINT, '--config', 'other.json'], { cwd: folder });
    expect(document).toMatchObject({
      options: {
        count: { value: 20, source: 'config file', name: join(folder, 'other.json') },
        size: { value: 32, source: 'default' },
      },
    });
  });
});

describe.concurrent('a config file ends the command with 3 and is named', () => {
  test.for([
    ['an unknown option', { train: { acumulation: 1 } }, 'acumulation', ['accumulation']],
    ['an option of the command line only', { train: { json: true } }, 'json', []],
    ['a wrong value', { 'data scenes': { count: 'many' } }, 'expected an integer', []],
    ['a value of a wrong kind', { 'data scenes': { count: [1] } }, 'cannot be [1]', []],
  ] as const)('for %s', async ([, config, problem, suggestions], { onTestFinished }) => {
    const { folder, file } = await projectWith(config, onTestFinished);
    const { exitCode, document } = await runJson(PRINT, { cwd: folder });
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({
      error: {
        code: 'bad-input',
        where: file,
        suggestions,
        message: expect.stringContaining(problem) as string,
      },
    });
  });
});
