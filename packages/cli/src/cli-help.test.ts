import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { runCli } from './run-cli.test.helper.ts';

describe.concurrent('help', () => {
  test('without a command, lists the commands', async () => {
    const { exitCode, stdout, stderr } = await runCli([]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    for (const word of ['annotate', 'data', 'doctor', 'edit', 'exit-codes', 'train', 'autocomplete'])
      expect(stdout).toMatch(new RegExp(`^  ${word} `, 'm'));
  });

  test.each(['--help', '-h'])('%s of a command says what it takes', async (flag) => {
    const { exitCode, stdout } = await runCli(['data', 'scenes', flag]);
    expect(exitCode).toBe(0);
    for (const part of [
      '$ rewardedit data scenes OUT [OPTIONS]',
      'ARGUMENTS',
      '--count=<value>',
      '[default: 2000]',
      '[default: 0]',
      'GLOBAL FLAGS',
      'EXAMPLES',
      'REWARDEDIT_DATA_SCENES_COUNT',
    ])
      expect(stdout).toContain(part);
  });

  test('of a topic lists its commands', async () => {
    const { exitCode, stdout } = await runCli(['data']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('data scenes');
    expect(stdout).toContain('data photo-edits');
  });

  test('explains the exit codes', async () => {
    const { exitCode, stdout } = await runCli(['help', 'exit-codes']);
    expect(exitCode).toBe(0);
    for (const code of [0, 1, 2, 3, 4, 5, 68, 69, 130]) expect(stdout).toMatch(new RegExp(`^ +${code} `, 'm'));
  });

  test('of a command that does not exist says which one was meant', async () => {
    const { exitCode, stderr } = await runCli(['help', 'trian']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('did you mean: rewardedit train');
  });

  test('is plain where it is no terminal', async () => {
    const { stdout } = await runCli(['train', '--help']);
    expect(stdout).not.toContain('\u001B');
  });
});

test('--version says the version of the package', async () => {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const { exitCode, stdout } = await runCli(['--version']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(new RegExp(`^rewardedit/${version} `));
});
