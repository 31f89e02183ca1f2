import type { DrawOptions } from '../flags/draw-flags.ts';

/** An option that can be swept: its range, and how to set it. */
type Swept = {
  readonly low: number;
  readonly high: number;
  readonly isWhole?: boolean;
  readonly set: (draw: DrawOptions, value: number) => DrawOptions;
};

const HIGHEST_SCORE = 5;
const MOST_VALUES = 64;

function score(position: number): Swept {
  return {
    low: 0,
    high: HIGHEST_SCORE,
    set: (draw, value) => ({
      ...draw,
      scores: draw.scores
        .split(',')
        .map((each, i) => (i === position ? String(value) : each))
        .join(','),
    }),
  };
}

function option(name: 'text-guidance' | 'image-guidance' | 'reward-guidance'): Swept {
  return { low: 0, high: Infinity, set: (draw, value) => ({ ...draw, [name]: value }) };
}

/** The options that can be swept, by name. */
export const SWEPT = {
  following: score(0),
  preserving: score(1),
  quality: score(2),
  'text-guidance': option('text-guidance'),
  'image-guidance': option('image-guidance'),
  'reward-guidance': option('reward-guidance'),
  steps: { low: 1, high: 1000, isWhole: true, set: (draw, value) => ({ ...draw, steps: value }) },
  seed: {
    low: 0,
    high: Number.MAX_SAFE_INTEGER,
    isWhole: true,
    set: (draw, value) => ({ ...draw, seed: value }),
  },
} as const satisfies Readonly<Record<string, Swept>>;

export type SweptName = keyof typeof SWEPT;

/** Whether an option concerns rewards: a score, or reward guidance. */
export function isReward(name: SweptName): boolean {
  return /^(?:following|preserving|quality|reward-guidance)$/.test(name);
}

/** One option over several values. */
export type Sweep = { readonly name: SweptName; readonly values: readonly number[] };

/** Parses "following=0..5" (in steps of 1), "text-guidance=1..13/3", or "quality=0,2.5,5"; for anything else, returns the reason as text. */
export function parseSweep(text: string): Sweep | string {
  const [, name = '', range = ''] = /^([a-z-]+)=(.+)$/s.exec(text.trim()) ?? [];
  if (!Object.hasOwn(SWEPT, name)) return `expected one of ${Object.keys(SWEPT).join(', ')} before =`;
  const { low, high, isWhole = false }: Swept = SWEPT[name as SweptName];
  const values = valuesOf(range);
  if (values === undefined) return 'expected values such as 0..5, 1..13/3 or 0,2.5,5';
  if (values.length < 2 || values.length > MOST_VALUES) return `expected 2 to ${MOST_VALUES} values`;
  const wrong = values.find((value) => value < low || value > high || (isWhole && !Number.isInteger(value)));
  if (wrong === undefined) return { name: name as SweptName, values };
  return `${name} cannot be ${wrong}`;
}

function valuesOf(range: string): number[] | undefined {
  const number = String.raw`(\d+(?:\.\d+)?)`;
  const [, from, to, step = '1'] =
    new RegExp(String.raw`^${number}\.\.${number}(?:/${number})?$`).exec(range) ?? [];
  if (from === undefined) {
    const listed = range.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    return listed.every(Number.isFinite) ? listed : undefined;
  }
  if (Number(step) === 0 || Number(to) < Number(from)) return undefined;
  // Allow for rounding: tenths have no exact binary form.
  const count = Math.floor((Number(to) - Number(from)) / Number(step) + 1e-9) + 1;
  if (count > MOST_VALUES) return [];
  return Array.from({ length: count }, (_, i) => Math.round((Number(from) + i * Number(step)) * 1e6) / 1e6);
}

/** An edit of a sweep, and its label. */
export type SweptEdit = { readonly label: string; readonly draw: DrawOptions };

/** All edits of a sweep, row by row: the first option varies across, the second, if any, down. */
export function sweptEdits([across, down]: readonly Sweep[], draw: DrawOptions): SweptEdit[][] {
  const rows = down?.values ?? [undefined];
  return rows.map((value) => {
    const row = value === undefined ? draw : SWEPT[down.name].set(draw, value);
    const below = value === undefined ? '' : `, ${down.name} ${value}`;
    return across.values.map((each) => ({
      label: `${across.name} ${each}${below}`,
      draw: SWEPT[across.name].set(row, each),
    }));
  });
}
