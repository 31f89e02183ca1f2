import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Failure } from '../errors/failure.ts';
import { runCli, runJson, temporaryFolder } from './run-cli.test.helper.ts';

describe.concurrent('wrong usage ends with 2 and says what was meant', () => {
  test.each([
    ['command', ['anotate', 'data/x'], 'there is no command "anotate"', 'rewardedit annotate'],
    ['subcommand', ['data', 'scens', 'out'], 'there is no command "data scens"', 'rewardedit data scenes'],
    [
      'command without its topic',
      ['scenes', 'out'],
      'there is no command "scenes"',
      'rewardedit data scenes',
    ],
    ['option without a command', ['--verison'], 'there is no option --verison without', '--version'],
    ['option', ['train', 'x', '--lerning-rate', '1'], 'there is no option --lerning-rate', '--learning-rate'],
    ['choice', ['data', 'scenes', 'out', '--split', 'heldout'], '--split cannot be "heldout"', 'held-out'],
    ['backend', ['doctor', '--backend', 'onnx:cpuu'], 'onnx:cpuu', 'onnx:cpu'],
  ])('by a %s', async (_name, args, problem, meant) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).toMatch(new RegExp(`did you mean: ${meant}(,|\\n)`));
    expect(stderr).toContain('what to do:');
    expect(stdout).toBe('');
  });

  test('in the JSON document as well', async () => {
    const [command, option] = await Promise.all([
      runJson(['anotate', 'data/x']),
      runJson(['data', 'scenes', 'out', '--split', 'heldout']),
    ]);
    for (const { exitCode, stderr } of [command, option]) {
      expect(exitCode).toBe(2);
      expect(stderr).toBe('');
    }
    expect(command.document).toMatchObject({
      error: { code: 'usage', suggestions: ['rewardedit annotate'], exitCode: 2 },
    });
    expect(option.document).toEqual({
      error: {
        code: 'usage',
        message: '--split cannot be "heldout"',
        where: '--split',
        hint: 'choose one of: train, held-out',
        suggestions: ['held-out'],
        exitCode: 2,
      },
    });
  });

  test('by a word too many, or a value that does not fit', async () => {
    const [word, value] = await Promise.all([
      runCli(['exit-codes', 'all']),
      runCli(['train', 'x', '--out', 'y', '--learning-rate', '0']),
    ]);
    expect(word.stderr).toContain('unexpected argument: all');
    expect(word.stderr).not.toContain('did you mean');
    expect(value.stderr).toContain('invalid value for --learning-rate');
    for (const { exitCode, stderr } of [word, value]) {
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/what to do: `rewardedit [\w-]+ --help` shows its usage/);
    }
  });

  test('reads no arguments from stdin', async () => {
    const { exitCode, stderr } = await runCli(['annotate'], { input: 'not an argument\n' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('missing: DATASET');
  });

  test('names the variable where it is the variable that is wrong', async () => {
    const env = { REWARDEDIT_DATA_SCENES_COUNT: 'many' };
    const { exitCode, stderr } = await runCli(['data', 'scenes', 'out'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('where: the environment variable REWARDEDIT_DATA_SCENES_COUNT');
  });
});

describe.concurrent('bad input ends with 3', () => {
  test('and names the file and the line', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    await writeFile(join(folder, 'metadata.jsonl'), '{"id":"a"}\n');
    const { exitCode, document } = await runJson(['annotate', folder]);
    expect(exitCode).toBe(3);
    const message = expect.stringContaining('instruction') as string;
    expect(document).toMatchObject({ error: { where: `${join(folder, 'metadata.jsonl')}:1`, message } });
  });

  test('and leaves a folder alone that holds something else', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    await writeFile(join(folder, 'thesis.txt'), 'mine');
    const { exitCode, stderr } = await runCli(['data', 'scenes', folder, '--count', '1']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('thesis.txt');
  });
});

describe.concurrent('where it happened in the code', () => {
  test('is told only when asked', async () => {
    const args = ['annotate', 'nowhere'];
    const [plain, flag, variable] = await Promise.all([
      runCli(args),
      runCli([...args, '--debug']),
      runCli(args, { env: { REWARDEDIT_DEBUG: '1' } }),
    ]);
    expect(plain.exitCode).toBe(3);
    expect(plain.stderr).not.toMatch(/^ +at /m);
    expect(flag.stderr).toMatch(/^ +at .*open-dataset/m);
    expect(variable.stderr).toMatch(/^ +at .*open-dataset/m);
  });

  test('never comes with the command line or the settings of the program', async () => {
    const secret = 'sk-very-secret';
    const args = ['train', 'x', '--api-key', secret, '--debug'];
    const [text, json] = await Promise.all([runCli(args), runCli([...args, '--json'])]);
    expect(text.exitCode).toBe(2);
    for (const { stdout, stderr } of [text, json]) {
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain('pjson');
    }
    const { error } = JSON.parse(json.stdout) as { error: Failure };
    expect(Object.keys(error)).toEqual(['code', 'message', 'hint', 'suggestions', 'exitCode']);
  });
});
