import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { NetName } from './nets.ts';
import type { RaceResult } from './race.ts';
import type { Part } from './timed-net.ts';
import type { UNetRace } from './train-step.ts';

/** A part of a network, and how to measure it. */
export interface UNetTask extends Omit<UNetRace, 'backend'> {
  readonly net: NetName;
  readonly part: Part;
  /** By name. */
  readonly backend: string;
  readonly turns: number;
  readonly warmup: number;
}

/** Measures a part of a network in a separate process. */
export async function measureUnet(task: UNetTask): Promise<RaceResult> {
  const child = fork(fileURLToPath(new URL('unet-process.js', import.meta.url)));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(
      `The process for ${task.net}, ${task.part} exited with ${String(code)} before it replied.`,
    );
  });
  child.send(task);
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [RaceResult];
  ended.catch(() => undefined);
  return result;
}
