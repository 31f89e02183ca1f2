import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

// Stable Diffusion 1.5 at full shape, alone and with SmartEdit, which takes minutes and gigabytes: only with
// REWARDEDIT_LONG=1. REWARDEDIT_FULL_SHAPE and REWARDEDIT_FULL_SMARTEDIT may name folders made by `npm run
// full-shape`; otherwise they are made here.

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'packages/cli/bin/run.js');
const TOOL = join(ROOT, 'tools/dist/full-shape/main.js');
const CONFIG = join(ROOT, '../shared/sd15-config');
const GIBIBYTES_24 = 24 * 2 ** 30;

const isWanted = process.env['REWARDEDIT_LONG'] === '1';
const isThere = existsSync(CONFIG);
if (!isWanted) process.stderr.write('SKIPPED: training at full shape (REWARDEDIT_LONG=1 runs it)\n');
else if (!isThere) process.stderr.write(`SKIPPED: training at full shape (not found: ${CONFIG})\n`);

let folder: string;
let dataset: string;
beforeAll(async () => {
  if (!isWanted || !isThere) return;
  folder = await mkdtemp(join(process.env['REWARDEDIT_FULL_SHAPE_OUT'] ?? tmpdir(), 'full-shape-'));
  dataset = join(folder, 'scenes');
  await ended(start(CLI, ['data', 'scenes', dataset, '--count', '2', '--size', '256']));
  await ended(start(CLI, ['annotate', dataset, '--judge', 'oracle']));
}, 1_800_000);
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

it.skipIf(!isWanted || !isThere)(
  'stage 2 with LoRA layers trains at 256 pixels within 24 GiB, is killed, and resumes bit for bit',
  async () => {
    const model = process.env['REWARDEDIT_FULL_SHAPE'] ?? join(folder, 'model');
    if (!existsSync(model)) await makeModel(model);
    const peak = await trainTwiceKillingOnce(model, ['--train', 'rewards', '--train', 'lora'], {
      compared: ['pytorch_lora_weights.safetensors', 'model/manifest.json'],
    });
    expect(peak).toBeLessThan(GIBIBYTES_24);
  },
  7_200_000,
);

it.skipIf(!isWanted || !isThere)(
  'SmartEdit trains all but its language model at 256 pixels within 24 GiB, is killed, and resumes bit for bit',
  async () => {
    const model = process.env['REWARDEDIT_FULL_SMARTEDIT'] ?? join(folder, 'smartedit');
    if (!existsSync(model)) await makeModel(model, ['--smartedit', '4096']);
    const states = join(folder, 'states');
    await ended(
      start(CLI, ['data', 'states', dataset, '--model', model, '--states', states, '--size', '256']),
    );
    await ended(start(TOOL, ['--states', states]));
    const parts = ['qformer', 'interaction', 'rewards', 'unet'].flatMap((part) => ['--train', part]);
    const peak = await trainTwiceKillingOnce(
      model,
      [...parts, '--states', states, '--ema-decay', '0', '--checkpoints-kept', '1'],
      { compared: ['checkpoints/step-000002/manifest.json', 'model/manifest.json'] },
    );
    expect(peak).toBeLessThan(GIBIBYTES_24);
  },
  7_200_000,
);

async function makeModel(out: string, words: readonly string[] = []): Promise<void> {
  await ended(start(TOOL, ['--config', CONFIG, '--out', out, '--precision', 'f16', ...words]));
}

/**
 * Trains two steps without interruption, and again with a kill after the first step and a resume.
 *
 * @param compared files of both runs that must be equal; manifests contain the hashes of the files next to them.
 * @returns the peak memory of the uninterrupted training, in bytes.
 */
async function trainTwiceKillingOnce(
  model: string,
  words: readonly string[],
  { compared }: { compared: readonly string[] },
): Promise<number> {
  const runs = await mkdtemp(join(folder, 'runs-'));
  const training = (run: string) => [
    ...['train', dataset, '--out', join(runs, run), '--init', model, '--stage', '2', '--size', '256'],
    ...['--steps', '2', '--batch-size', '1', '--accumulation', '1', '--recompute'],
    ...['--checkpoint-every', '1', '--sample-count', '0', ...words],
  ];
  const filesOf = (run: string) => Promise.all(compared.map((file) => readFile(join(runs, run, file))));
  const whole = start(CLI, training('whole'));
  const peak = peakOf(whole);
  await ended(whole);
  const expected = await filesOf('whole');
  // Two runs at full shape may exceed the disk.
  await rm(join(runs, 'whole'), { recursive: true });

  const cut = start(CLI, training('cut'));
  const first = join(runs, 'cut/checkpoints/step-000001/manifest.json');
  const closed = new Promise((resolve) => cut.once('close', resolve));
  while (!existsSync(first) && isRunning(cut)) await new Promise((resolve) => setTimeout(resolve, 50));
  cut.kill('SIGKILL');
  await closed;
  expect(existsSync(join(runs, 'cut/model'))).toBe(false);
  await ended(start(CLI, training('cut')));
  (await filesOf('cut')).forEach((found, i) => expect(found.equals(expected[i]), compared[i]).toBe(true));
  await rm(runs, { recursive: true });

  const most = await peak;
  process.stderr.write(`Peak memory of the training: ${(most / 2 ** 30).toFixed(1)} GiB\n`);
  return most;
}

/** Starts a process whose output is ignored and whose messages are shown. */
function start(script: string, words: readonly string[]): ChildProcess {
  return fork(script, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

async function ended(child: ChildProcess): Promise<void> {
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`);
}

/** Resolves to the peak memory of a process when it exits, in bytes, as Linux reports it. */
async function peakOf(child: ChildProcess): Promise<number> {
  let most = 0;
  while (isRunning(child)) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    most = Math.max(most, 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return most;
}
