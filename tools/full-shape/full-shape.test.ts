import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

// The full shape of Stable Diffusion 1.5, which takes minutes and gigabytes: only with REWARDEDIT_LONG=1. REWARDEDIT_FULL_SHAPE names a
// folder that `npm run full-shape` made before; otherwise one is made.

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
let model: string;
let dataset: string;
beforeAll(async () => {
  if (!isWanted || !isThere) return;
  folder = await mkdtemp(join(process.env['REWARDEDIT_FULL_SHAPE_OUT'] ?? tmpdir(), 'full-shape-'));
  model = process.env['REWARDEDIT_FULL_SHAPE'] ?? join(folder, 'model');
  if (!existsSync(model))
    await ended(start(TOOL, ['--config', CONFIG, '--out', model, '--precision', 'f16']));
  dataset = join(folder, 'scenes');
  await ended(start(CLI, ['data', 'scenes', dataset, '--count', '2', '--size', '256']));
  await ended(start(CLI, ['annotate', dataset, '--judge', 'oracle']));
}, 1_800_000);
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

it.skipIf(!isWanted || !isThere)(
  'stage 2 with LoRA layers trains at 256 pixels within 24 GiB, is killed, and goes on bit for bit',
  async () => {
    const words = (run: string) => [
      ...['train', dataset, '--out', join(folder, run), '--init', model, '--stage', '2', '--size', '256'],
      ...[
        '--train',
        'rewards',
        '--train',
        'lora',
        '--steps',
        '2',
        '--batch-size',
        '1',
        '--accumulation',
        '1',
      ],
      ...['--recompute', '--checkpoint-every', '1', '--sample-count', '0'],
    ];
    const whole = start(CLI, words('whole'));
    const peak = peakOf(whole);
    await ended(whole);

    const cut = start(CLI, words('cut'));
    const first = join(folder, 'cut/checkpoints/step-000001/manifest.json');
    while (!existsSync(first) && cut.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 50));
    cut.kill('SIGKILL');
    await new Promise((resolve) => cut.once('close', resolve));
    expect(existsSync(join(folder, 'cut/model'))).toBe(false);
    await ended(start(CLI, words('cut')));

    for (const file of ['pytorch_lora_weights.safetensors', 'model/manifest.json']) {
      const [one, other] = await Promise.all(
        ['whole', 'cut'].map((run) => readFile(join(folder, run, file))),
      );
      expect(one.equals(other), file).toBe(true);
    }
    process.stderr.write(
      `The most memory that the training held: ${((await peak) / 2 ** 30).toFixed(1)} GiB\n`,
    );
    expect(await peak).toBeLessThan(GIBIBYTES_24);
  },
  7_200_000,
);

/** A process whose results nobody reads, and whose messages are shown. */
function start(script: string, words: readonly string[]): ChildProcess {
  return fork(script, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function ended(child: ChildProcess): Promise<void> {
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`);
}

/** The most memory that a process has held when it ends, in bytes, as Linux counts it. */
async function peakOf(child: ChildProcess): Promise<number> {
  let most = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    most = Math.max(most, 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return most;
}
