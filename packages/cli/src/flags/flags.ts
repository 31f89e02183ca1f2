import { Errors, Flags, type Interfaces } from '@oclif/core';

/** The values of options as functions accept them: optional options, and booleans that default to false, may be absent. */
export type ValuesOf<F extends Interfaces.FlagInput> = Values<Omit<Interfaces.InferredFlags<F>, 'json'>>;

type Values<T> = { readonly [K in keyof T as IsOptional<T[K]> extends true ? never : K]: Value<T[K]> } & {
  readonly [K in keyof T as IsOptional<T[K]> extends true ? K : never]?: Value<T[K]> | undefined;
};
type IsOptional<V> = undefined extends V ? true : boolean extends V ? true : false;
type Value<V> = V extends (infer Element)[] ? readonly Element[] : V;

/** A finite number, within `min` and `max` if given. */
export const numberFlag = Flags.custom<number, { min?: number; max?: number }>({
  parse: async (input, _context, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }) => {
    const value = input.trim() === '' ? Number.NaN : Number(input);
    if (!Number.isFinite(value)) throw new Errors.CLIError(`Expected a number but received: ${input}`);
    if (value >= min && value <= max) return value;
    throw new Errors.CLIError(`Expected a number ${rangeOf(min, max)} but received: ${input}`);
  },
});

function rangeOf(min: number, max: number): string {
  if (min === Number.NEGATIVE_INFINITY) return `up to ${max}`;
  return max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
}

export function seedFlag() {
  return Flags.integer({
    summary: 'Random seed: the same seed gives the same result.',
    default: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  });
}

/** Number of bootstrap resamples. */
export function bootstrapFlag(resamples: number) {
  return Flags.integer({
    summary: 'Bootstrap resamples per interval; 0 for no intervals.',
    default: resamples,
    min: 0,
  });
}

/** How much the perceptual hashes of near-duplicates may differ. */
export function distanceFlag() {
  return Flags.integer({
    summary: 'Near-duplicates: how many of the 64 bits of two perceptual hashes may differ.',
    default: 4,
    min: 0,
    max: 15,
  });
}

export function screenReaderFlag() {
  return Flags.boolean({
    summary: 'Print lines that a screen reader can read aloud instead of drawing a screen.',
  });
}

export function faultRateFlag() {
  return numberFlag({
    summary: 'Share of triplets with a fault, from 0 to 1.',
    default: 0.6,
    min: 0,
    max: 1,
  });
}

/** The required option for a command's output. */
export function outFlag(summary: string, helpValue: 'FILE.jsonl' | 'FOLDER' | 'PATH') {
  return Flags.string({ summary, required: true, helpValue });
}

/** The journal that holds a dataset's rewards. */
export function rewardsFlag() {
  return Flags.string({
    summary: 'Rewards journal; rewards.jsonl in the dataset folder by default.',
    helpValue: 'FILE',
  });
}

/** For options that may be given several times, with one value each. */
export const repeatable = { multiple: true, multipleNonGreedy: true } as const;

/** Lists options under a heading of their own in the help. */
export function inGroup<F extends Interfaces.FlagInput>(helpGroup: string, flags: F): F {
  return mapFlags(flags, (_, flag) => ({ ...flag, helpGroup }));
}

/** The short forms of common options, the same in every command. */
const LETTERS = { backend: 'b', judge: 'j', model: 'm', out: 'o', seed: 's' } as const;

/** Gives each option of a command its environment variable, such as REWARDEDIT_DATA_SCENES_SEED, and its short form if it has one. */
export function withVariables<F extends Interfaces.FlagInput>(command: string, flags: F): F {
  return mapFlags(flags, (name, flag) => {
    const variable = ['rewardedit', ...command.split(' '), name].join('_').replaceAll('-', '_').toUpperCase();
    const char = LETTERS[name as keyof typeof LETTERS];
    return { env: variable, ...(char !== undefined && { char }), ...flag };
  });
}

/** Replaces every flag by what `map` makes of it. */
export function mapFlags<F extends Interfaces.FlagInput>(
  flags: F,
  map: (name: string, flag: Interfaces.FlagInput[string]) => Interfaces.FlagInput[string],
): F {
  return Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, map(name, flag)])) as F;
}
