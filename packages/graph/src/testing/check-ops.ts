import fc from 'fast-check';
import type { Backend, CompileOptions } from '../backend.ts';
import type { DType } from '../dtype.ts';
import { evaluate } from '../evaluate.ts';
import { program } from '../program.ts';
import { describe, type Tensor } from '../tensor.ts';
import { buildCases, OP_CASES } from './op-cases.ts';
import { relativeError, runProgram } from './run-program.ts';

/** The largest error allowed if an element type is involved, relative to the largest value (at least 1). */
export type Tolerances = Readonly<Record<DType, number>>;

/** float16 has 11 bits of precision, and a few roundings add up. */
const TOLERANCES: Tolerances = { f32: 1e-5, f16: 5e-3, i32: 0 };

export interface OpCheck {
  /** The element type of all leaves except indices. */
  readonly dtype: DType;
  /** State entries that become constants. */
  readonly freeze?: CompileOptions['freeze'];
  readonly tolerances?: Tolerances;
  /** Number of cases per op. */
  readonly runs: number;
}

/**
 * Runs arbitrary cases of every op that accepts the type on a backend, and compares with the float64
 * evaluation.
 *
 * @throws Error that names the op, its operands and the size of the error.
 */
export async function checkOps(
  backend: Backend,
  { dtype, freeze, tolerances = TOLERANCES, runs }: OpCheck,
): Promise<void> {
  const property = fc.asyncProperty(fc.record(OP_CASES), fc.nat(), async (cases, seed) => {
    const { outputs, ...values } = buildCases(cases, { seed, dtype });
    const built = program({ outputs });
    const actual = await runProgram(backend, built, values, { freeze });
    for (const [name, expected] of Object.entries(evaluate(built, values).outputs)) {
      const error = relativeError(actual[name], expected);
      if (!(error <= toleranceOf(outputs[name], tolerances)))
        throw new Error(`${callOf(outputs[name])} is off by ${error}`);
    }
  });
  await fc.assert(property, { numRuns: runs });
}

/** The tolerance of a node: the largest among the types of its operands and its result. */
export function toleranceOf({ dtype, inputs }: Tensor, tolerances: Tolerances = TOLERANCES): number {
  return Math.max(...[dtype, ...inputs.map((input) => input.dtype)].map((type) => tolerances[type]));
}

/** Formats a node as its op, operands and attributes. */
export function callOf({ op, inputs, attributes }: Tensor): string {
  return `${op.name}(${inputs.map(describe).join(', ')}) ${JSON.stringify(attributes)}`;
}
