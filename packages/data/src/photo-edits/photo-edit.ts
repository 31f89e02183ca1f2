import type { EditKind } from '@rewardedit/core';
import type { Pixels } from '../pictures/pixels.ts';

/** Which value each parameter of an edit has; empty for an edit without parameters. */
export type ParameterValues = Readonly<Record<string, string>>;

/** An edit that can be computed on any photo: what it does, and how people ask for it. */
export type PhotoEdit = {
  readonly kind: EditKind;
  /** Ways to ask for it; `{name}` stands for the value of that parameter, and every parameter occurs in each. */
  readonly wordings: readonly string[];
  /** The values each parameter can have, in the words of the instruction. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** The edit that goes the other way. */
  readonly opposite?: string;
  /** Whether it moves what the photo shows; blended in with strength below one it shows everything twice. */
  readonly moves?: true;
  /** The edited picture; values outside 0..1 are clamped afterwards. */
  readonly apply: (pixels: Pixels, values: ParameterValues) => Pixels;
};
