import { RewardEditError } from '@rewardedit/core/errors';
import type { TensorSpec } from './backend.ts';
import type { Program } from './program.ts';
import { sizeOf } from './shape.ts';
import { isDataOf, type TensorData } from './tensor-data.ts';

/**
 * Checks that values have the declared number and element type.
 *
 * @param what the subject of the message: `The program's input "x"`.
 * @throws RewardEditError 'bad-input' for missing values, the wrong number, or the wrong element type.
 */
export function checkValues(
  what: string,
  { shape, dtype }: TensorSpec,
  values: TensorData | undefined,
): void {
  if (!values) throw new RewardEditError('bad-input', `${what} is missing.`);
  if (values.length !== sizeOf(shape)) {
    throw new RewardEditError('bad-input', `${what} has ${sizeOf(shape)} values, not ${values.length}.`);
  }
  if (!isDataOf(dtype, values)) {
    throw new RewardEditError(
      'bad-input',
      `${what} is ${dtype}, but was given a ${values.constructor.name}.`,
    );
  }
}

/** Checks the inputs of a run and copies them, so that the caller may reuse its arrays. */
export function copyInputs(
  program: Pick<Program, 'inputs'>,
  inputs: Readonly<Record<string, TensorData>>,
): Record<string, TensorData> {
  const copies = Object.entries<TensorSpec>(program.inputs).map(([name, spec]): [string, TensorData] => {
    checkValues(`The program's input "${name}"`, spec, inputs[name]);
    return [name, inputs[name].slice()];
  });
  return Object.fromEntries(copies);
}
