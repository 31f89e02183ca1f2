import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, runJson, temporaryFolder, type ErrorDocument } from './run-cli.test.helper.ts';

describe.concurrent('what was meant', () => {
  test.each([
    ['a command', ['anotate', 'data/x'], 'there is no command "anotate"', 'rewardedit annotate'],
    ['a subcommand', ['data', 'scens', 'out'], 'there is no command "data scens"', 'rewardedit data scenes'],
    ['an option', ['train', 'x', '--lerning-rate', '1'], 'there is no option --lerning-rate', '--learning-rate'],
    ['an option with =', ['edit', 'a', 'b', '--sampeler=ddim'], '--sampeler=ddim', '--sampler'],
    ['a choice', ['data', 'scenes', 'out', '--split', 'heldout'], '--split cannot be "heldout"', 'held-out'],
    ['a backend', ['doctor', '--backend', 'onnx:cpuu'], 'onnx:cpuu', 'onnx:cpu'],
  ])('by %s', async (_name, args, problem, meant) => {
    const { exitCode, stdout, stderr } = await runCli(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
    expect(stderr).toMatch(new RegExp(`did you mean: (.*, )?${meant}(,|\\n)`));
    expect(stderr).toContain('what to do:');
    expect(stdout).toBe('');
  });

  test('is in the JSON document as well', async () => {
    const { exitCode, document, stderr } = await runJson<ErrorDocument>(['anotate', 'data/x']);
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({ code: 'usage', suggestions: ['rewardedit annotate'], exitCode: 2 });
    expect(stderr).toBe('');
  });
});

describe.concurrent('wrong usage ends with 2 and says where', () => {
  test.each([
    ['a number', ['data', 'scenes', 'out', '--count', 'many'], '--count'],
    ['a range', ['data', 'scenes', 'out', '--fault-rate', '1.5'], '--fault-rate'],
    ['a value', ['data', 'scenes', 'out', '--count'], '--count'],
    ['a pair', ['train', 'x', '--out', 'y', '--betas', '0.9'], '--betas'],
    ['scores', ['edit', 'a.png', 'b', '--model', 'm', '--out', 'c.png', '--scores', '5,5'], '--scores'],
    ['a file name', ['edit', 'a.png', 'b', '--model', 'm', '--out', 'c.jpg'], '--out'],
  ])('%s', async (_name, args, where) => {
    const { exitCode, document } = await runJson<ErrorDocument>(args);
    expect(exitCode).toBe(2);
    expect(document.error).toMatchObject({ code: 'usage', where, exitCode: 2 });
  });

  test.each([
    ['a missing argument', ['annotate'], 'missing: DATASET'],
    ['a missing option', ['train', 'x'], 'the option --out is missing'],
    ['one argument too many', ['annotate', 'x', 'y'], 'there is no place for: y'],
  ])('%s', async (_name, args, problem) => {
    const { exitCode, stderr } = await runCli(args, { input: 'not an argument\n' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
  });

  test('a variable is named where it is the variable that is wrong', async () => {
    const env = { REWARDEDIT_DATA_SCENES_COUNT: 'many' };
    const { exitCode, stderr } = await runCli(['data', 'scenes', 'out'], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('where: the environment variable REWARDEDIT_DATA_SCENES_COUNT');
  });
});

describe.concurrent('bad input ends with 3', () => {
  test('no dataset', async () => {
    const folder = await temporaryFolder();
    const { exitCode, document } = await runJson<ErrorDocument>(['annotate', folder]);
    expect(exitCode).toBe(3);
    expect(document.error).toMatchObject({ code: 'bad-input', where: folder });
    expect(document.error.hint).toContain('metadata.jsonl');
  });

  test('a damaged line, by its number', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'metadata.jsonl'), '{"id":"a"}\n');
    const { exitCode, document } = await runJson<ErrorDocument>(['annotate', folder]);
    expect(exitCode).toBe(3);
    expect(document.error.where).toBe(`${join(folder, 'metadata.jsonl')}:1`);
    expect(document.error.message).toContain('instruction');
  });

  test('a folder that holds something else', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'thesis.txt'), 'mine');
    const { exitCode, stderr } = await runCli(['data', 'scenes', folder, '--count', '1']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('thesis.txt');
  });

  test('no photos', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'photos'));
    const { exitCode } = await runCli(['data', 'photo-edits', join(folder, 'photos'), join(folder, 'out')]);
    expect(exitCode).toBe(3);
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
    const { error } = JSON.parse(json.stdout) as ErrorDocument;
    expect(Object.keys(error).sort()).toEqual(['code', 'exitCode', 'hint', 'message', 'suggestions']);
  });
});
