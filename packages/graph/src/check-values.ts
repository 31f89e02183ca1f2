import { RewardEditError } from '@rewardedit/core/errors';
import type { TensorSpec } from './backend.ts';
import type { Program } from './program.ts';
import { sizeOf } from './shape.ts';
import { isDataOf, type TensorData } from './tensor-data.ts';

/**
 * Checks that values have the number and the element type that something is declared with.
 *
 * @param what it is, as a message begins with it: `The program's input "x"`.
 * @throws RewardEditError 'bad-input' that says what is wrong.
 */
export function checkValues(
  what: string,
  { shape, dtype }: TensorSpec,
  values: TensorData | undefined,
): void {
  if (!values) throw new RewardEditError('bad-input', `${what} was not given.`);
  if (values.length !== sizeOf(shape)) {
    throw new RewardEditError('bad-input', `${what} has ${sizeOf(shape)} values, not ${values.length}.`);
  }
  if (!isDataOf(dtype, values)) {
    throw new RewardEditError(
      'bad-input',
      `${what} holds ${dtype}, and was given a ${values.constructor.name}.`,
    );
  }
}

/** What a run is given, checked and copied, so that the caller may change its own meanwhile. */
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
