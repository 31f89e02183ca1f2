import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { runCli } from './run-cli.test.helper.ts';

describe.concurrent('help', () => {
  test('without a command, lists the commands', async () => {
    const { exitCode, stdout, stderr } = await runCli([]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    for (const word of [
      'agreement',
      'annotate',
      'compare',
      'data',
      'demo',
      'doctor',
      'edit',
      'eval',
      'exit-codes',
      'judge',
      'review',
      'session',
      'train',
      'watch',
      'worker',
      'autocomplete',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${word} `, 'm'));
  });

  test('of a command says what it takes, in plain text where there is no terminal', async () => {
    const { exitCode, stdout } = await runCli(['data', 'scenes', '-h']);
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
    expect(stdout).not.toContain('\u001B');
  });

  test('of a topic lists its commands', async () => {
    const { exitCode, stdout } = await runCli(['data']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ +data merge /m);
    expect(stdout).toMatch(/^ +data photo-edits /m);
    expect(stdout).toMatch(/^ +data scenes /m);
  });

  test('explains the exit codes', async () => {
    const { exitCode, stdout } = await runCli(['help', 'exit-codes']);
    expect(exitCode).toBe(0);
    for (const code of [0, 1, 2, 3, 4, 5, 68, 69, 130])
      expect(stdout).toMatch(new RegExp(`^ +${code} `, 'm'));
  });

  test('of a command that does not exist says which one was meant', async () => {
    const { exitCode, stderr } = await runCli(['help', 'trian']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('did you mean: rewardedit train');
  });

  test('--version is the version of the package', async () => {
    const file = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(file) as { version: string };
    const { exitCode, stdout } = await runCli(['--version']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^rewardedit/${version} `));
  });
});
