import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCli, startCli, temporaryFolder } from '../tests/run-cli.test.helper.ts';

const DEVICE = '/dev/full';

describe('if the reader of stdout has exited', () => {
  test.each([
    ['a result', ['exit-codes'], 0],
    ['a document', ['exit-codes', '--json'], 0],
    ['the help', ['--help'], 0],
    ['an error', ['annotate', 'nowhere', '--json'], 3],
  ])('%s exits silently, with its exit code', async (_name, args, expected) => {
    const { child, finished } = startCli(args);
    child.stdout?.destroy();
    const { exitCode, stderr } = await finished;
    expect(stderr).toBe('');
    expect(exitCode).toBe(expected);
  });
});

test('if the reader of stderr has exited, long work stops and can be resumed', async () => {
  const out = join(await temporaryFolder(onTestFinished), 'scenes');
  const args = ['data', 'scenes', out, '--size', '16', '--count', '20000'];
  const { child, finished } = startCli(args);
  child.stderr?.destroy();
  const { exitCode, stdout } = await finished;
  expect(exitCode).toBe(130);
  expect(stdout).toBe('');
  const rows = (await readFile(join(out, 'metadata.jsonl'), 'utf8')).split('\n').length - 1;
  expect(rows).toBeLessThan(20_000);
});

describe.skipIf(!existsSync(DEVICE))('where standard output is a file on a full disk', () => {
  test.each([[['exit-codes']], [['exit-codes', '--json']], [['--help']]])('%s says so', async (args) => {
    const { exitCode, stderr } = await runCli(args, { stdoutTo: DEVICE });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Error: cannot write the result: the disk is full\n {2}where: standard output\n/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('messages are lost, and the work completes', async () => {
    const out = join(await temporaryFolder(onTestFinished), 'scenes');
    const args = ['data', 'scenes', out, '--count', '5', '--size', '16'];
    const { exitCode } = await runCli(args, { stderrTo: DEVICE });
    expect(exitCode).toBe(0);
    expect((await readFile(join(out, 'metadata.jsonl'), 'utf8')).split('\n')).toHaveLength(6);
  });
});
