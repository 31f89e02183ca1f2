import { extname, join } from 'node:path';
import type { DrawOptions } from '../flags/draw-flags.ts';

/** A requested edit: a picture and an instruction. */
export type EditJob = {
  /** Name of the job in messages and records. */
  readonly id: string;
  /** Path of the picture. */
  readonly picture: string;
  readonly instruction: string;
  /** Each job has its own seed, so that its result does not depend on other jobs. */
  readonly seed: number;
  /** Scores and feedback to ask for, if they differ from those of the command. */
  readonly scores?: string | undefined;
  readonly feedback?: readonly string[] | undefined;
  /** Path of the picture to write. */
  readonly out: string;
};

/** Options for all jobs. */
export type JobOptions = {
  /** The picture, the folder of pictures, or the JSONL file of jobs. */
  readonly source: string;
  /** The instruction; jobs of a JSONL file may have their own. */
  readonly instruction: string | undefined;
  readonly seed: number;
  /** Path of the picture to write, or of the folder for several. */
  readonly out: string;
  /** File extension of pictures in a folder, with the dot. */
  readonly ending: string;
};

/** The options of a job, which override those for all jobs. */
export function drawOf(job: EditJob, options: DrawOptions): DrawOptions {
  return {
    ...options,
    seed: job.seed,
    scores: job.scores ?? options.scores,
    feedback: job.feedback ?? options.feedback,
  };
}

/** The seed of a job that has none: a function of the command's seed, the picture's name and the instruction only. */
export async function seedOf(seed: number, name: string, instruction: string): Promise<number> {
  const { createRandom } = await import('@rewardedit/core');
  return createRandom(seed, 'job', name, instruction).integer(2 ** 31);
}

/** Inserts a suffix before the file extension, as in snowy-2.png. */
export function withSuffix(path: string, suffix: string): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}${suffix}${ending}`;
}

/** Path of a job's result in the output folder: its name with another file extension. */
export function outOf(folder: string, name: string, ending: string): string {
  return join(folder, `${name.slice(0, name.length - extname(name).length)}${ending}`);
}
