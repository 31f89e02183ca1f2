import { cast } from '../ops/cast.ts';
import { add, mul } from '../ops/elementwise.ts';
import { constant, state } from '../ops/leaf.ts';
import { mapTensors, type NamedTensors } from '../tensor.ts';
import { stateNames } from './state-names.ts';

/** Gradient accumulation: two programs share state entries for the gradients, which start at zero. */
export interface Accumulation {
  /** Updates of the program that runs once per micro-batch: add its share of the gradients. */
  readonly collecting: NamedTensors;
  /** The gradients of the whole batch, in the program that runs after the last micro-batch. */
  readonly gradients: NamedTensors;
  /** Updates of that program: reset to zero. */
  readonly clearing: NamedTensors;
}

/**
 * Splits the use of gradients into an update per micro-batch, of which there are `microBatches`, and the step
 * after the last.
 */
export function accumulate(gradients: NamedTensors, microBatches: number): Accumulation {
  if (!Number.isInteger(microBatches) || microBatches < 1)
    throw new RangeError(`accumulate: needs one or more micro-batches, not ${microBatches}.`);
  const sums = mapTensors(gradients, ({ shape }, name) => state(stateNames.gradient(name), shape));
  const collected = mapTensors(gradients, (gradient, name) =>
    add(sums[name], mul(cast(gradient, 'f32'), 1 / microBatches)),
  );
  const cleared = mapTensors(gradients, ({ shape }) => constant(0, shape));
  return { collecting: asUpdates(collected), gradients: sums, clearing: asUpdates(cleared) };
}

function asUpdates(byParameter: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(byParameter).map(([name, value]) => [stateNames.gradient(name), value]),
  );
}
