import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotate, createOracle } from '@rewardedit/annotate';
import { NO_REQUESTS } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import type { EvalRun, Table } from '@rewardedit/eval';
import { resolveTrainConfig, train } from '@rewardedit/train';
import { expect, test } from 'vitest';
import { openBackend } from '../flags/backend-flag.ts';
import { starterModel } from '../models/starter-model.ts';
import { DEMO_SIDE } from './demo-size.ts';
import { conditionTable } from './demo-tables.ts';
import { instructPix2PixExperiment } from './instruct-pix2pix-experiment.ts';
import { makePart, partPath } from './make-data.ts';
import { measureCondition } from './measure-condition.ts';

const LONG = process.env['REWARDEDIT_LONG'] === '1';
if (!LONG)
  process.stderr.write(
    "\nSKIPPED: the demo's table with either backend. REWARDEDIT_LONG=1 tests it, in minutes.\n\n",
  );

const signal = new AbortController().signal;
const emit = () => undefined;
const TOLD = { seed: 0, signal, emit };
/** Without the control, which is a training more. */
const SHOWN = ['stage-1', 'rewards-5-5-5', 'rewards-guided'];

/** What the demo does with one backend, but less of everything. */
async function smallDemo(folder: string, name: string): Promise<Table> {
  await makePart(folder, 'train', { scenes: 8, photos: 4, reasoning: false, ...TOLD });
  await makePart(folder, 'held-out', { scenes: 3, photos: 1, reasoning: false, ...TOLD });
  await annotate({
    dataset: await openDataset(partPath(folder, 'train')),
    judge: createOracle(),
    signal,
    emit,
  });
  const backend = await openBackend({ backend: name });
  const init = await starterModel('demo');
  const run = join(folder, 'rewards');
  const config = await resolveTrainConfig(
    { stage: 2, init, size: DEMO_SIDE, batchSize: 2, steps: 3, seed: 0, learningRate: 1e-3, warmupSteps: 1 },
    run,
  );
  const { model } = await train({ dataset: partPath(folder, 'train'), run, config, backend, signal, emit });
  const runs: EvalRun[] = [];
  for (const condition of instructPix2PixExperiment.conditions.filter((each) => SHOWN.includes(each.name)))
    runs.push(
      await measureCondition(condition, {
        folder,
        model: condition.model === 'rewards' ? model : init,
        backend,
        precision: 'f32',
        savePreview: async () => undefined,
        whilePaused: NO_REQUESTS.whilePaused,
        ...TOLD,
      }),
    );
  await backend.dispose();
  return conditionTable(instructPix2PixExperiment, runs, 0);
}

const numbersIn = (cell: string) => (cell.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);

test.runIf(LONG)(
  'the demo ends with the same table with webgpu as with onnx, up to the last digit shown',
  { timeout: 1_200_000 },
  async ({ onTestFinished }) => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-backends-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [onnx, webgpu] = [
      await smallDemo(join(folder, 'onnx'), 'onnx'),
      await smallDemo(join(folder, 'webgpu'), 'webgpu'),
    ];
    process.stdout.write(`${JSON.stringify([onnx.rows, webgpu.rows])}\n`);
    expect(webgpu.header).toEqual(onnx.header);
    expect(onnx.rows).toHaveLength(SHOWN.length);
    onnx.rows.forEach((row, i) =>
      row.forEach((cell, column) => {
        const found = numbersIn(webgpu.rows[i][column]);
        numbersIn(cell).forEach((value, k) =>
          expect(Math.abs(found[k] - value), cell).toBeLessThanOrEqual(0.1),
        );
      }),
    );
  },
);
