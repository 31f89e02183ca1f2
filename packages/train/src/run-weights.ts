import { TEXT_ENCODER } from '@rewardedit/diffusion';
import type { State, TensorSpec } from '@rewardedit/graph';

/** The weights of a run, by state. */
export interface RunWeights {
  /** The state of the training programs. */
  readonly state: State;
  /** The text encoder's weights under their own names, if texts are encoded once and it is not part of the training programs. */
  readonly textEncoder?: State | undefined;
}

/** Returns the state that contains a weight, and its name there. */
export function placeOf({ state, textEncoder }: RunWeights, name: string): readonly [State, string] {
  const own = nameInEncoder(name);
  return textEncoder && own !== undefined ? [textEncoder, own] : [state, name];
}

/** Returns the name of a weight within the text encoder; undefined for other weights. */
export function nameInEncoder(name: string): string | undefined {
  const prefix = `${TEXT_ENCODER}.`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

/** Returns the specs of all weights. */
export function specsOf({ state, textEncoder }: RunWeights): Record<string, TensorSpec> {
  const own = Object.entries(textEncoder?.specs ?? {});
  return {
    ...state.specs,
    ...Object.fromEntries(own.map(([name, spec]) => [`${TEXT_ENCODER}.${name}`, spec])),
  };
}
