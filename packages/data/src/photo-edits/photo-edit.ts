import type { EditKind } from '@rewardedit/core';
import type { Pixels } from '../pictures/pixels.ts';

/** Values of the parameters of an edit; empty if it has none. */
export type ParameterValues = Readonly<Record<string, string>>;

/** An edit that can be computed on any photo, and how people ask for it. */
export type PhotoEdit = {
  readonly kind: EditKind;
  /** Wordings; `{name}` is replaced by the value of that parameter, and each wording has all parameters. */
  readonly wordings: readonly string[];
  /** Possible values of each parameter, as words of the instruction. */
  readonly parameters?: Readonly<Record<string, readonly string[]>>;
  /** Name of the opposite edit. */
  readonly opposite?: string;
  /** Whether the edit moves the contents of the photo. Blended in at a strength below one, everything is visible twice. */
  readonly moves?: true;
  /** Computes the edited picture; values outside 0 to 1 are clamped afterwards. */
  readonly apply: (pixels: Pixels, values: ParameterValues) => Pixels;
};
