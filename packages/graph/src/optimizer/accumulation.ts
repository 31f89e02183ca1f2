import { cast } from '../ops/cast.ts';
import { add, mul } from '../ops/elementwise.ts';
import { constant, state } from '../ops/leaf.ts';
import { mapTensors, type NamedTensors } from '../tensor.ts';
import { stateNames } from './state-names.ts';

/**
 * One large batch in several small ones: two programs that share state entries for the gradients, which start
 * at zero.
 */
export interface Accumulation {
  /** Updates of the program that runs once for each micro-batch: adds its share of the gradients. */
  readonly collecting: NamedTensors;
  /** The gradients of the whole batch, as the program that runs after the last micro-batch finds them. */
  readonly gradients: NamedTensors;
  /** Updates of that program: back to zero. */
  readonly clearing: NamedTensors;
}

/**
 * Splits what becomes of gradients between the micro-batches, of which there are `microBatches`, and the step
 * after the last.
 */
export function accumulate(gradients: NamedTensors, microBatches: number): Accumulation {
  if (!Number.isInteger(microBatches) || microBatches < 1)
    throw new RangeError(`accumulate: there cannot be ${microBatches} micro-batches.`);
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
