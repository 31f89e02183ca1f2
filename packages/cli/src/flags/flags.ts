import { Errors, Flags, type Interfaces } from '@oclif/core';

/** The values of options as functions take them: what need not be given, and what is false unless given, may be absent. */
export type ValuesOf<F extends Interfaces.FlagInput> = Values<Omit<Interfaces.InferredFlags<F>, 'json'>>;

type Values<T> = { readonly [K in keyof T as IsOptional<T[K]> extends true ? never : K]: Value<T[K]> } & {
  readonly [K in keyof T as IsOptional<T[K]> extends true ? K : never]?: Value<T[K]> | undefined;
};
type IsOptional<V> = undefined extends V ? true : boolean extends V ? true : false;
type Value<V> = V extends (infer Element)[] ? readonly Element[] : V;

/** A real number, between `min` and `max` where they are given. */
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

/** How many resamples of a bootstrap there are. */
export function bootstrapFlag(resamples: number) {
  return Flags.integer({
    summary: 'Bootstrap: resamples for each interval; 0 for no intervals.',
    default: resamples,
    min: 0,
  });
}

/** How far apart pictures that look alike may be. */
export function distanceFlag() {
  return Flags.integer({
    summary: 'Perceptual hashes: of their 64 bits, how many may differ between pictures that look alike.',
    default: 4,
    min: 0,
    max: 15,
  });
}

export function screenReaderFlag() {
  return Flags.boolean({
    summary: 'Write lines that a screen reader can read aloud, instead of drawing.',
  });
}

export function faultRateFlag() {
  return numberFlag({
    summary: 'Share of triplets that get a fault, from 0 to 1.',
    default: 0.6,
    min: 0,
    max: 1,
  });
}

/** The letters of the options that are typed most, the same in every command. */
const LETTERS = { backend: 'b', judge: 'j', model: 'm', out: 'o', seed: 's' } as const;

/** Gives each option of a command the environment variable that sets it, such as REWARDEDIT_DATA_SCENES_SEED, and its letter if it has one. */
export function withVariables<F extends Interfaces.FlagInput>(command: string, flags: F): F {
  const variable = (name: string) =>
    ['rewardedit', ...command.split(' '), name].join('_').replaceAll('-', '_').toUpperCase();
  const named = Object.entries(flags).map(([name, flag]) => {
    const char = (LETTERS as Readonly<Record<string, Lowercase<string>>>)[name];
    return [name, { env: variable(name), ...(char !== undefined && { char }), ...flag }];
  });
  return Object.fromEntries(named) as F;
}
