import { HIGHEST_SCORE, PERSPECTIVES, PERSPECTIVE_TITLES } from '@rewardedit/core';
import { EDIT_METRICS, HIGHEST_PSNR } from '@rewardedit/metrics';

/** The properties of a column of values. */
export interface Column {
  readonly label: string;
  readonly better: 'higher' | 'lower';
  /** The lowest and highest possible value, if bounded. */
  readonly range?: readonly [low: number, high: number];
  /** Replaces a missing value in the worst case; absent if a value may not exist, such as outside of a global edit. */
  readonly worst?: number;
  /** Decimals. */
  readonly digits: number;
}

const score = (label: string): Column => ({
  label,
  better: 'higher',
  range: [0, HIGHEST_SCORE],
  worst: 0,
  digits: 2,
});
const share = (label: string): Column => ({ label, better: 'higher', range: [0, 1], worst: 0, digits: 3 });

/** A judge's scores; `overall` is the mean of the three, for items with all of them. */
const SCORES: Readonly<Record<string, Column>> = {
  overall: score('overall'),
  ...Object.fromEntries(PERSPECTIVES.map((name) => [name, score(PERSPECTIVE_TITLES[name])])),
};

/** The yes-or-no answers of the Real-Edit protocol. */
const ANSWERS: Readonly<Record<string, Column>> = Object.fromEntries(
  PERSPECTIVES.map((name) => [`real-edit.${name}`, share(`yes to ${PERSPECTIVE_TITLES[name]}`)]),
);

const PERCEPTUAL: Readonly<Record<string, Column>> = {
  'truth.lpips': { label: 'LPIPS to the true edit', better: 'lower', digits: 3 },
  'source.lpips': { label: 'LPIPS to the original', better: 'lower', digits: 3 },
  'truth.clip': { label: 'CLIP similarity to the true edit', better: 'higher', range: [-1, 1], digits: 3 },
  'source.clip': { label: 'CLIP similarity to the original', better: 'higher', range: [-1, 1], digits: 3 },
  'caption.clip': {
    label: 'CLIP similarity to the caption of the true edit',
    better: 'higher',
    range: [-1, 1],
    digits: 3,
  },
  'direction.clip': { label: 'CLIP directional similarity', better: 'higher', range: [-1, 1], digits: 3 },
  'truth.dino': { label: 'DINO similarity to the true edit', better: 'higher', range: [-1, 1], digits: 3 },
  'source.dino': { label: 'DINO similarity to the original', better: 'higher', range: [-1, 1], digits: 3 },
};

/** For values from 0 to 1; equal pictures get the highest. */
const PSNR_RANGE = [0, HIGHEST_PSNR] as const;

const PIXELS: Readonly<Record<string, Column>> = Object.fromEntries(
  Object.entries(EDIT_METRICS).map(([name, { label, better }]): [string, Column] => {
    if (name === 'right') return [name, share('edits right')];
    const range = name.endsWith('ssim') ? ([-1, 1] as const) : name.endsWith('psnr') ? PSNR_RANGE : undefined;
    return [name, { label, better, digits: name.endsWith('psnr') ? 2 : 4, ...(range && { range }) }];
  }),
);

/** All possible columns, in the order of reports. */
export const COLUMNS: Readonly<Record<string, Column>> = { ...SCORES, ...ANSWERS, ...PIXELS, ...PERCEPTUAL };
