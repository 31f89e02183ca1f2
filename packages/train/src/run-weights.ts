import { TEXT_ENCODER } from '@rewardedit/diffusion';
import type { State, TensorSpec } from '@rewardedit/graph';

/** The weights of a run, in the states where they lie. */
export interface RunWeights {
  /** What the programs that train work on. */
  readonly state: State;
  /** The text encoder's, by their names in it, where texts are encoded once and it is no part of these programs. */
  readonly textEncoder?: State | undefined;
}

/** The state that a weight lies in, and its name there. */
export function placeOf({ state, textEncoder }: RunWeights, name: string): readonly [State, string] {
  const own = nameInEncoder(name);
  return textEncoder && own !== undefined ? [textEncoder, own] : [state, name];
}

/** The name that a weight has in the text encoder, if it is one of its weights. */
export function nameInEncoder(name: string): string | undefined {
  const prefix = `${TEXT_ENCODER}.`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/** What all weights are, by their names. */
export function specsOf({ state, textEncoder }: RunWeights): Record<string, TensorSpec> {
  const own = Object.entries(textEncoder?.specs ?? {});
  return {
    ...state.specs,
    ...Object.fromEntries(own.map(([name, spec]) => [`${TEXT_ENCODER}.${name}`, spec])),
  };
}
