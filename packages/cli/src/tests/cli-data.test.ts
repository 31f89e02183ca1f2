import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fingerprint } from './fingerprint.test.helper.ts';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';

const SMALL = ['--size', '16', '--seed', '3'];

describe.concurrent('data scenes', () => {
  test('tells the result on stdout, progress and the next command on stderr', async ({ onTestFinished }) => {
    const folder = join(await temporaryFolder(onTestFinished), 'scenes');
    const { exitCode, stdout, stderr } = await runCli(['data', 'scenes', folder, '--count', '40', ...SMALL]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${folder} has 40 triplets.\n`);
    expect(stderr).toMatch(
      /^Drawing: 0\/40 triplets\nDrawing: 40\/40 triplets after 0:\d\d\nNext: rewardedit annotate .*\n$/,
    );
    for (const sign of ['\r', '\u001B']) expect(stderr).not.toContain(sign);
  });

  test('tells the next command so that it can be copied', async ({ onTestFinished }) => {
    const folder = join(await temporaryFolder(onTestFinished), "it's mine");
    const { stderr } = await runCli(['data', 'scenes', folder, '--count', '1', ...SMALL]);
    expect(stderr).toContain(`Next: rewardedit annotate '${folder.replace("'", String.raw`'\''`)}'\n`);
  });

  test('prints nothing but the document with --json, and grows with a larger count', async ({
    onTestFinished,
  }) => {
    const folder = join(await temporaryFolder(onTestFinished), 'scenes');
    const args = ['data', 'scenes', folder, ...SMALL];
    expect((await runJson([...args, '--count', '5'])).document).toEqual({ folder, count: 5, written: 5 });
    expect((await runJson([...args, '--count', '8'])).document).toEqual({ folder, count: 8, written: 3 });
  });

  test('stops at Ctrl-C with 130, and the same command ends as if it had not been stopped', async ({
    onTestFinished,
  }) => {
    const folder = await temporaryFolder(onTestFinished);
    const [stopped, whole] = [join(folder, 'stopped'), join(folder, 'whole')];
    const args = (out: string) => ['data', 'scenes', out, '--count', '400', ...SMALL];
    const { child, finished } = startCli(args(stopped));
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const interrupted = await finished;
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain('press Ctrl-C again to stop immediately');
    expect(interrupted.stderr).toMatch(/Interrupted: stopped after \d+ of 400 triplets/);
    expect(interrupted.stderr).toContain('the same command continues from there');
    expect(interrupted.stdout).toBe('');

    const [resumed] = await Promise.all([runCli(args(stopped)), runCli(args(whole))]);
    expect(resumed.exitCode).toBe(0);
    expect(resumed.stdout).toContain('has 400 triplets');
    expect(await fingerprint(stopped)).toBe(await fingerprint(whole));
  });
});

describe.concurrent('data photo-edits', () => {
  test('uses the photos of the split', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const photos = join(folder, 'photos');
    await runCli(['data', 'scenes', photos, '--count', '4', '--size', '64']);
    const pictures = join(photos, 'pictures', '000');
    const make = (split: string) =>
      runJson([
        'data',
        'photo-edits',
        pictures,
        join(folder, split),
        '--count',
        '40',
        '--size',
        '32',
        '--split',
        split,
        '--held-out-share',
        '0.5',
      ]);
    const [train, heldOut] = await Promise.all([make('train'), make('held-out')]);
    expect(train.document).toEqual({ folder: join(folder, 'train'), count: 40, written: 40 });
    expect(heldOut.exitCode).toBe(0);

    const used = async (split: string) => {
      const text = await readFile(join(folder, split, 'metadata.jsonl'), 'utf8');
      return new Set(text.match(/photo \d{6}-\w+\.png/g));
    };
    const [inTrain, inHeldOut] = await Promise.all([used('train'), used('held-out')]);
    expect(inTrain.size).toBeGreaterThan(0);
    expect(inHeldOut.size).toBeGreaterThan(0);
    expect([...inTrain].filter((photo) => inHeldOut.has(photo))).toEqual([]);
  });

  test('says so where a split has no photo', async ({ onTestFinished }) => {
    const folder = await temporaryFolder(onTestFinished);
    const photos = join(folder, 'photos');
    await runCli(['data', 'scenes', photos, '--count', '1', '--size', '64']);
    const args = ['data', 'photo-edits', join(photos, 'pictures', '000'), join(folder, 'out')];
    const share = ['--split', 'held-out', '--held-out-share', '0'];
    const { exitCode, document } = await runJson([...args, ...share]);
    expect(exitCode).toBe(3);
    const message = expect.stringContaining('none of the 3 photos') as string;
    expect(document).toMatchObject({ error: { message } });
  });
});
