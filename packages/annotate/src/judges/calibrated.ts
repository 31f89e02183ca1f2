import { PERSPECTIVES, RewardEditError, readJsonFile, type Perspective } from '@rewardedit/core';
import { z } from 'zod';
import { contentKey } from '../language-model/store/reply-store.ts';
import type { Judge, Measures } from './judge.ts';

const ascending = (values: readonly number[]) => values.every((value, i) => i === 0 || value > values[i - 1]);
const neverFalling = (values: readonly number[]) =>
  values.every((value, i) => i === 0 || value >= values[i - 1]);

/** A map that never falls: linear between its knots, constant beyond them. */
const mapSchema = z
  .strictObject({ x: z.array(z.number()).min(1), y: z.array(z.number().min(0).max(5)).min(1) })
  .refine(({ x, y }) => x.length === y.length && ascending(x) && neverFalling(y), {
    message: 'the x values of a map must ascend, and its y values must not fall',
  });

export type MonotoneMap = z.infer<typeof mapSchema>;

/** What `judge calibrate` writes and `calibrated:FILE` reads. */
export const calibrationSchema = z.strictObject({
  format: z.literal('rewardedit-calibration'),
  /** The judge that was calibrated, and its version at that time. */
  judge: z.string().min(1),
  version: z.string().min(1),
  /** Whose scores it was fitted to. */
  reference: z.string(),
  maps: z.record(z.enum(PERSPECTIVES), mapSchema),
});

export type CalibrationFile = z.infer<typeof calibrationSchema>;

/** Reads a calibration. Throws `bad-input` if it is invalid. */
export async function readCalibration(path: string): Promise<CalibrationFile> {
  return readJsonFile(path, calibrationSchema, {
    what: 'the calibration',
    hint: '`rewardedit judge calibrate` writes one',
  });
}

/**
 * Creates a judge whose scores are mapped to those that people would give. Its own scores are kept as the measures `uncalibrated.following`
 * and so on. Their spread is dropped, because it is that of the scores before the map.
 *
 * @throws RewardEditError `bad-input` if the judge is not, or no longer, the one that was calibrated.
 */
export function calibrated(judge: Judge, { maps, ...file }: CalibrationFile, path: string): Judge {
  if (judge.version !== file.version) {
    throw new RewardEditError(
      'bad-input',
      `the calibration is for ${file.judge} ${file.version}, but with these settings its version is ${judge.version}`,
      { where: path, hint: 'use the settings of the calibration, or calibrate again' },
    );
  }
  return {
    ...(judge.needsTruth !== undefined && { needsTruth: judge.needsTruth }),
    name: `calibrated:${judge.name}`,
    version: contentKey([judge.name, judge.version, maps]).slice(0, 16),
    async judge(triplet, context) {
      const judgement = await judge.judge(triplet, context);
      if (judgement.reward === undefined) return judgement;
      const { scores, feedback } = judgement.reward;
      const given = PERSPECTIVES.filter((name) => scores[name] !== undefined);
      const mapped = given.map((name): [Perspective, number] => [name, applyMap(maps[name], scores[name]!)]);
      const own = given.map((name): [string, number] => [`uncalibrated.${name}`, scores[name]!]);
      const measures: Measures = { ...judgement.measures, ...Object.fromEntries(own) };
      return { ...judgement, reward: { scores: Object.fromEntries(mapped), feedback }, measures };
    },
  };
}

/** Evaluates a map at a point. */
export function applyMap({ x, y }: MonotoneMap, at: number): number {
  const above = x.findIndex((knot) => knot >= at);
  if (above < 0) return y.at(-1)!;
  if (above === 0 || x[above] === at) return y[above];
  const share = (at - x[above - 1]) / (x[above] - x[above - 1]);
  return y[above - 1] + share * (y[above] - y[above - 1]);
}
