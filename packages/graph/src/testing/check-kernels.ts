import fc from 'fast-check';
import type { Backend } from '../backend.ts';
import { evaluate } from '../evaluate.ts';
import * as elementwise from '../ops/elementwise.ts';
import { constant, input, state } from '../ops/leaf.ts';
import { mean } from '../ops/reduction.ts';
import { program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { createState, relativeError, someValues } from './run-program.ts';

const { maximum, minimum } = elementwise;

/**
 * Clamps an operand to where the formulas are finite and smooth, so that float32 differs little from float64.
 */
function within(x: Tensor, least: number): Tensor {
  return minimum(maximum(x, least), 3);
}

const UNARY: readonly ((x: Tensor) => Tensor)[] = [
  elementwise.neg,
  elementwise.abs,
  (x) => elementwise.sqrt(within(x, 0.5)),
  elementwise.exp,
  elementwise.sin,
  elementwise.cos,
  elementwise.tanh,
  elementwise.sigmoid,
  elementwise.erfOf,
  elementwise.gelu,
];

const BINARY: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  elementwise.add,
  elementwise.sub,
  elementwise.mul,
  minimum,
  maximum,
  (a, b) => elementwise.div(a, within(b, 0.5)),
  // A sum over all elements, broadcast to the rest.
  (a, b) => elementwise.add(mean(a), b),
];

/** Not a multiple of four or of any other vector width. */
const LENGTH = 4099;
const SHAPE = [LENGTH];

/**
 * An arbitrary expression over two state entries, an input of the same length and an input of one element.
 */
function expressions(): fc.Arbitrary<Tensor> {
  return fc.letrec<{ any: Tensor }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 6, depthIdentifier: 'expression' },
      fc.constantFrom(state('a', SHAPE), state('b', SHAPE), input('x', SHAPE), input('s', [1])),
      fc.double({ min: -2, max: 2, noNaN: true }).map((value) => constant(Math.fround(value), [1])),
      fc.tuple(fc.constantFrom(...UNARY), tie('any')).map(([op, x]) => op(within(x, -3))),
      fc
        .tuple(fc.constantFrom(...BINARY), tie('any'), tie('any'))
        .map(([op, a, b]) => op(within(a, -3), within(b, -3))),
    ),
  })).any;
}

/**
 * Runs arbitrary element-wise expressions with full sums, as outputs and as state updates, and compares with
 * the float64 evaluation. The test of fused kernels for every backend.
 *
 * @throws Error with the size of the error.
 */
export async function checkKernels(backend: Backend, { runs }: { runs: number }): Promise<void> {
  const wide = state('a', SHAPE);
  const property = fc.asyncProperty(expressions(), expressions(), async (first, second) => {
    const [a, b] = [first, second].map((each) => elementwise.add(elementwise.mul(wide, 0.25), each));
    const built = program({ outputs: { y: elementwise.sub(b, a) }, updates: { a, b } });
    const given = {
      inputs: { x: someValues(LENGTH, 2), s: Float32Array.of(0.75) },
      state: { a: someValues(LENGTH), b: someValues(LENGTH, 1) },
    };
    const memory = await createState(backend, built, given.state);
    const executable = await backend.compile(built, memory);
    const used = Object.fromEntries(
      Object.keys(built.inputs).map((name) => [name, given.inputs[name as 'x']]),
    );
    const { y } = await executable.run(used);
    const expected = evaluate(built, given);
    const errors = {
      y: relativeError(y, expected.outputs['y']),
      a: relativeError(await memory.read('a'), expected.state['a']),
      b: relativeError(await memory.read('b'), expected.state['b']),
    };
    await executable.dispose();
    await memory.dispose();
    for (const [name, error] of Object.entries(errors))
      if (!(error < 1e-4)) throw new Error(`"${name}" is off by ${error}`);
  });
  await fc.assert(property, { numRuns: runs });
}
