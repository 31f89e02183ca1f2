import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, runJson, temporaryFolder, type ErrorDocument } from './run-cli.test.helper.ts';

type Printed = {
  readonly command: string;
  readonly configFile: string | null;
  readonly options: Readonly<Record<string, { value: unknown; source: string; name?: string }>>;
};

async function projectWith(config: unknown): Promise<{ folder: string; file: string }> {
  const folder = await temporaryFolder();
  const file = join(folder, 'rewardedit.config.json');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return { folder, file };
}

const PRINT = ['data', 'scenes', 'out', '--print-config'];

describe.concurrent('options', () => {
  test('come from the command line, the environment, the config file and the defaults, in this order', async () => {
    const { folder, file } = await projectWith({
      'data scenes': { count: 10, seed: 10, size: 10, split: 'held-out' },
      train: { steps: 5 },
    });
    const below = join(folder, 'deep', 'below');
    await mkdir(below, { recursive: true });
    const { exitCode, document } = await runJson<Printed>([...PRINT, '--count', '12'], {
      cwd: below,
      env: { REWARDEDIT_DATA_SCENES_COUNT: '11', REWARDEDIT_DATA_SCENES_SEED: '11' },
    });
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ command: 'data scenes', configFile: file });
    expect(document.options).toMatchObject({
      count: { value: 12, source: 'command line', name: '--count' },
      seed: { value: 11, source: 'environment', name: 'REWARDEDIT_DATA_SCENES_SEED' },
      size: { value: 10, source: 'config file', name: file },
      split: { value: 'held-out', source: 'config file' },
      'fault-rate': { value: 0.6, source: 'default' },
      config: { value: null, source: 'not set' },
    });
  });

  test('are printed as a table, and nothing is done', async () => {
    const folder = await temporaryFolder();
    const { exitCode, stdout } = await runCli(PRINT, { cwd: folder });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^option +value +from$/m);
    expect(stdout).toMatch(/^count +2000 +default$/m);
    expect((await runCli(['annotate', 'out'], { cwd: folder })).exitCode).toBe(3);
  });

  test('can be printed although some are missing', async () => {
    const { exitCode, document } = await runJson<Printed>(['train', '--print-config']);
    expect(exitCode).toBe(0);
    expect(document.options['out']).toEqual({ value: null, source: 'not set' });
  });

  test('that are required may be in the config file', async () => {
    const { folder } = await projectWith({ train: { out: 'runs/a', flips: false, betas: '0.8,0.9' } });
    const { document } = await runJson<Printed>(['train', 'data', '--print-config'], { cwd: folder });
    expect(document.options).toMatchObject({
      out: { value: 'runs/a', source: 'config file' },
      flips: { value: false, source: 'config file' },
      betas: { value: [0.8, 0.9], source: 'config file' },
    });
  });

  test('can be switched back on the command line', async () => {
    const { folder } = await projectWith({ train: { flips: false } });
    const { document } = await runJson<Printed>(['train', 'data', '--flips', '--print-config'], { cwd: folder });
    expect(document.options['flips']).toMatchObject({ value: true, source: 'command line' });
  });

  test('come from the file that --config names, and no other', async () => {
    const { folder } = await projectWith({ 'data scenes': { count: 10, size: 10 } });
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify({ 'data scenes': { count: 20 } }));
    const { document } = await runJson<Printed>([...PRINT, '--config', 'other.json'], { cwd: folder });
    expect(document.options).toMatchObject({
      count: { value: 20, source: 'config file', name: other },
      size: { value: 32, source: 'default' },
    });
  });
});

describe.concurrent('a config file ends the command with 3', () => {
  test.each([
    ['that is not JSON', '{"train": ', 'not JSON', []],
    ['that is no object', '[]', 'no sections', []],
    ['with an unknown command', { 'data scene': {} }, 'data scene', ['data scenes']],
    ['with an unknown option', { 'data scenes': { faultRate: 1 } }, 'faultRate', ['fault-rate']],
    ['with an unknown option of another command', { train: { stpes: 1 } }, 'stpes', ['steps']],
    ['with an option of the command line only', { train: { json: true } }, 'json', []],
    ['with a wrong value', { 'data scenes': { count: 'many' } }, 'expected an integer', []],
    ['with a wrong choice', { 'data scenes': { split: 'test' } }, '--split cannot be "test"', []],
    ['with a value of a wrong kind', { 'data scenes': { count: [1] } }, 'cannot be [1]', []],
  ])('%s', async (_name, config, problem, suggestions) => {
    const { folder, file } = await projectWith(config);
    const { exitCode, document } = await runJson<ErrorDocument>(PRINT, { cwd: folder });
    expect(exitCode).toBe(3);
    expect(document.error).toMatchObject({ code: 'bad-input', where: file, suggestions });
    expect(document.error.message).toContain(problem);
  });

  test('that is not there', async () => {
    const { exitCode, stderr } = await runCli([...PRINT, '--config', 'nowhere.json']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('nowhere.json');
  });
});
