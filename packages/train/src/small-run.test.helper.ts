import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import type { EventBody, Reward } from '@rewardedit/core';
import { knownReward, openDataset, writeScenes } from '@rewardedit/data';
import type { Backend } from '@rewardedit/graph';
import type { TrainSettings } from './config.ts';
import { resolveTrainConfig } from './resolve-config.ts';
import { train, type TrainOptions, type TrainResult } from './train.ts';

/** Small enough for a test: a few steps on pictures of 16 x 16 pixels. */
const SMALL: TrainSettings = {
  size: 16,
  steps: 6,
  batchSize: 4,
  warmupSteps: 1,
  checkpointEvery: 2,
  sampleEvery: 6,
  sampleCount: 0,
};

export const oneThread = (): Promise<Backend> => createOnnxBackend({ threads: 1 });

/** The rewards of drawn scenes, by their ids, as their faults imply. */
export async function knownRewards(dataset: string): Promise<Map<string, Reward>> {
  const rewards = new Map<string, Reward>();
  for await (const { id, faults = [] } of (await openDataset(dataset)).triplets())
    rewards.set(id, knownReward(faults));
  return rewards;
}

export async function writeRewards(dataset: string, rewards: ReadonlyMap<string, Reward>): Promise<void> {
  const lines = Array.from(rewards, ([id, reward]) => `${JSON.stringify({ id, reward })}\n`);
  await writeFile(join(dataset, 'rewards.jsonl'), lines.join(''));
}

/** Drawn scenes with their rewards. */
export async function writeScored(folder: string, count = 12): Promise<string> {
  await writeScenes({ folder, count, seed: 3, size: 16, split: 'train' });
  await writeRewards(folder, await knownRewards(folder));
  return folder;
}

export interface SmallRun {
  readonly dataset: string;
  readonly run: string;
  readonly backend: Backend;
  readonly settings?: TrainSettings;
  readonly options?: Partial<TrainOptions>;
}

/** Trains; gives the events as well. */
export async function trainSmall({
  dataset,
  run,
  backend,
  settings = {},
  options = {},
}: SmallRun): Promise<TrainResult & { events: EventBody[] }> {
  const events: EventBody[] = [];
  const config = await resolveTrainConfig({ ...SMALL, ...settings }, run);
  const emit = (event: EventBody) => {
    events.push(event);
    options.emit?.(event);
  };
  return { ...(await train({ dataset, run, config, backend, ...options, emit })), events };
}

/** Trains until an event says stop, as Ctrl-C would; gives what it was ended with, and the events. */
export async function trainUntil(
  stop: (event: EventBody) => boolean,
  run: SmallRun,
): Promise<{ error: unknown; events: EventBody[] }> {
  const controller = new AbortController();
  const events: EventBody[] = [];
  const emit = (event: EventBody) => {
    events.push(event);
    if (stop(event)) controller.abort();
  };
  const options = { ...run.options, signal: controller.signal, emit };
  const error: unknown = await trainSmall({ ...run, options }).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { error, events };
}

export const afterStep = (step: number) => (event: EventBody) => event.type === 'step' && event.step === step;

/** The bytes of a model's weights. */
export async function weightsOf(model: string): Promise<Buffer[]> {
  return Promise.all(
    ['unet/diffusion_pytorch_model.safetensors', 'text_encoder/model.safetensors'].map((name) =>
      readFile(join(model, name)),
    ),
  );
}
