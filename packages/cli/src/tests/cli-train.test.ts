import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankPicture, readPngText, writePng } from '@rewardedit/data';
import { beforeAll, describe, expect, test } from 'vitest';
import type { EditReport } from '../editing/edit-report.ts';
import { runCli, runJson, startCli, type Finished } from './run-cli.test.helper.ts';

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
    const { exitCode, document } = await runJson([
      'train',
      scenes,
      '--out',
      join(folder, 'none'),
      ...STEPS,
      ...TINY,
    ]);
    expect(exitCode).toBe(3);
    expect(document).toMatchObject({ error: { where: join(scenes, 'rewards.jsonl') } });
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
    const settled = ['--model', join(run, 'model'), '--steps', '2', '--size', '16', '--threads', '1'];
    const edit = (name: string, ...more: string[]) =>
      runJson(['edit', picture, 'make it red', '--out', join(folder, name), ...settled, ...more]);
    const best = await edit('new/best.png');
    expect(best.exitCode).toBe(0);
    expect(best.document).toMatchObject({
      width: 16,
      height: 16,
      settings: { seed: 0, steps: 2, reward: { scores: { following: 5, preserving: 5, quality: 5 } } },
    });
    const { picture: file, instruction, model, settings } = JSON.parse(best.stdout) as EditReport;
    const written = await readPngText(file);
    expect(JSON.parse(written['Settings'])).toMatchObject({ instruction, model, settings });
    const odd = await edit('odd.png', '--size', '17');
    expect(odd.exitCode).toBe(2);

    const wide = join(folder, 'wide.png');
    await writePng(wide, blankPicture(60, 20));
    const { document } = await runJson([
      'edit',
      wide,
      'make it red',
      '--out',
      join(folder, 'w.png'),
      ...settled,
    ]);
    expect(document).toMatchObject({ width: 48, height: 16 });

    const full = ['--model', join(run, 'model'), '--steps', '1', '--threads', '1'];
    const whole = await runJson(['edit', wide, 'make it red', '--out', join(folder, 'full.png'), ...full]);
    expect(whole.document).toMatchObject({ width: 60, height: 20 });

    const partly = await edit('partly.png', '--guided-steps', '2-2');
    expect(partly.document).toMatchObject({ settings: { guidedSteps: [2, 2] } });
    const { Settings } = await readPngText(join(folder, 'partly.png'));
    expect(JSON.parse(Settings)).toMatchObject({ settings: { guidedSteps: [2, 2] } });
    for (const wrong of ['0-1', '2-1', '2', '1-3', 'a-b']) {
      const { exitCode, document } = await edit('wrong.png', '--guided-steps', wrong);
      expect(exitCode, wrong).toBe(2);
      expect(document, wrong).toMatchObject({ error: { where: '--guided-steps' } });
    }
  });

  test('a run stops at Ctrl-C with a checkpoint, and ends with the same weights as one that did not', async () => {
    const [stopped, whole] = [join(folder, 'stopped'), join(folder, 'whole')];
    const args = (run: string) => ['train', scenes, '--out', run, '--stage', '1', ...TINY, '--steps', '30'];
    const interrupted = await stopAtFirstStep(args(stopped), stopped, 1);
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toContain('Interrupted: ');
    expect(await readdir(join(stopped, 'checkpoints'))).toHaveLength(1);
    const [resumed] = await Promise.all([runCli(args(stopped)), runCli(args(whole))]);
    expect(resumed.exitCode).toBe(0);
    const weights = (run: string) => readFile(join(run, 'model/unet/diffusion_pytorch_model.safetensors'));
    expect((await weights(stopped)).equals(await weights(whole))).toBe(true);
  });

  test('a second Ctrl-C ends it at once', async () => {
    const run = join(folder, 'twice');
    const args = ['train', scenes, '--out', run, '--stage', '1', ...TINY, '--steps', '30'];
    const { exitCode, stderr } = await stopAtFirstStep(args, run, 2);
    expect(exitCode).toBe(130);
    expect(stderr).not.toContain('Interrupted: ');
    expect(stderr).not.toContain('terminate');
  });
});

/** Sends Ctrl-C as soon as the run has done a step, so many times. */
async function stopAtFirstStep(args: readonly string[], run: string, times: number): Promise<Finished> {
  const { child, finished } = startCli(args);
  const events = join(run, 'events.jsonl');
  const wait = setInterval(() => {
    if (!existsSync(events) || !readFileSync(events, 'utf8').includes('"type":"step"')) return;
    clearInterval(wait);
    child.kill('SIGINT');
    if (times > 1) child.stderr?.once('data', () => child.kill('SIGINT'));
  }, 5);
  return finished.finally(() => clearInterval(wait));
}
