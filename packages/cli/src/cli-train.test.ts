import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPngText } from '@rewardedit/data';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EditReport } from './commands/edit.ts';
import { runCli, runJson, startCli, type ErrorDocument } from './run-cli.test.helper.ts';

const STEPS = ['--steps', '4'];
const TINY = ['--batch-size', '2', '--size', '16', '--sample-count', '1', '--threads', '1'];

let folder: string;
let scenes: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-cli-'));
  scenes = join(folder, 'scenes');
  await runCli(['data', 'scenes', scenes, '--count', '8', '--size', '16']);
  return () => rm(folder, { recursive: true, force: true });
});

describe('train and edit', () => {
  test('stage 2 needs rewards', async () => {
    const { exitCode, document } = await runJson<ErrorDocument>([
      'train',
      scenes,
      '--out',
      join(folder, 'none'),
      ...STEPS,
      ...TINY,
    ]);
    expect(exitCode).toBe(3);
    expect(document.error.where).toBe(join(scenes, 'rewards.jsonl'));
  });

  test('a run ends with a model that edits pictures, aiming at the scores that are asked for', async () => {
    await runCli(['annotate', scenes]);
    const run = join(folder, 'run');
    const trained = await runCli(['train', scenes, '--out', run, ...STEPS, ...TINY]);
    expect(trained.exitCode).toBe(0);
    expect(trained.stdout).toMatch(/^Trained 4 steps; the model is in .*model/);
    expect(trained.stderr).toMatch(/Checkpoint: .*step-000004/);
    expect(trained.stderr).toMatch(/Sample pictures: .*step-000004\.png/);

    const picture = join(scenes, 'pictures', '000', '000000-original.png');
    const edit = (name: string, ...more: string[]) =>
      runJson<EditReport>([
        ...['edit', picture, 'make it red', '--model', join(run, 'model'), '--out', join(folder, name)],
        ...['--steps', '2', '--size', '16', '--threads', '1', ...more],
      ]);
    const best = await edit('new/best.png');
    expect(best.exitCode).toBe(0);
    expect(best.document).toMatchObject({
      width: 16,
      height: 16,
      settings: { seed: 0, steps: 2, reward: { scores: { following: 5, preserving: 5, quality: 5 } } },
    });
    const written = await readPngText(best.document.picture);
    expect(JSON.parse(written['Settings'])).toEqual({
      instruction: best.document.instruction,
      model: best.document.model,
      settings: best.document.settings,
    });
    const odd = await edit('odd.png', '--size', '17');
    expect(odd.exitCode).toBe(2);
  });

  test('a run stops at Ctrl-C with a checkpoint, and ends with the same weights as one that did not', async () => {
    const [stopped, whole] = [join(folder, 'stopped'), join(folder, 'whole')];
    const args = (run: string) => ['train', scenes, '--out', run, '--stage', '1', ...TINY, '--steps', '12'];
    const { child, finished } = startCli(args(stopped));
    child.stderr?.on('data', (text: string) => {
      if (text.includes('Needs')) child.kill('SIGINT');
    });
    const interrupted = await finished;
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain('Interrupted: ');
    const [resumed] = await Promise.all([runCli(args(stopped)), runCli(args(whole))]);
    expect(resumed.exitCode).toBe(0);
    const weights = (run: string) => readFile(join(run, 'model/unet/diffusion_pytorch_model.safetensors'));
    expect((await weights(stopped)).equals(await weights(whole))).toBe(true);
    expect((await stat(join(stopped, 'events.jsonl'))).size).toBeGreaterThan(0);
  });
});
