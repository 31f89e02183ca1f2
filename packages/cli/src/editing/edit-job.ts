import { extname, join } from 'node:path';
import type { DrawOptions } from '../flags/draw-flags.ts';

/** An edit that is asked for: a picture and what to do with it. */
export type EditJob = {
  /** What it is called in messages and records. */
  readonly id: string;
  /** Path of the picture. */
  readonly picture: string;
  readonly instruction: string;
  /** Where its random numbers start: its own, so that the result depends on no other job. */
  readonly seed: number;
  /** Scores and feedback to ask for, where they are not those of the command. */
  readonly scores?: string | undefined;
  readonly feedback?: readonly string[] | undefined;
  /** Path of the picture to write. */
  readonly out: string;
};

/** What the command line says of all jobs. */
export type JobOptions = {
  /** The picture, the folder of pictures, or the JSONL file of jobs. */
  readonly source: string;
  /** What to do; jobs of a JSONL file may have their own. */
  readonly instruction: string | undefined;
  readonly seed: number;
  /** The picture to write, or the folder for many. */
  readonly out: string;
  /** The ending, with its dot, of pictures in a folder. */
  readonly ending: string;
};

/** The options of a job's edit, of those that hold for all. */
export function drawOf(job: EditJob, options: DrawOptions): DrawOptions {
  return {
    ...options,
    seed: job.seed,
    scores: job.scores ?? options.scores,
    feedback: job.feedback ?? options.feedback,
  };
}

/** The seed of a job that names none: it follows from the command's, the picture's name and the instruction, and from nothing else. */
export async function seedOf(seed: number, name: string, instruction: string): Promise<number> {
  const { createRandom } = await import('@rewardedit/core');
  return createRandom(seed, 'job', name, instruction).integer(2 ** 31);
}

/** A path with something put before its ending, such as snowy-2.png. */
export function withSuffix(path: string, suffix: string): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}${suffix}${ending}`;
}

/** Path of a job's result in the folder for many: its name with another ending. */
export function outOf(folder: string, name: string, ending: string): string {
  return join(folder, `${name.slice(0, name.length - extname(name).length)}${ending}`);
}
