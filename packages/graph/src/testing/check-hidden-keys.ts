import type { Backend } from '../backend.ts';
import { evaluate } from '../evaluate.ts';
import { gradients } from '../gradients.ts';
import { attention } from '../ops/attention.ts';
import { mul } from '../ops/elementwise.ts';
import { constant, input } from '../ops/leaf.ts';
import { sum } from '../ops/reduction.ts';
import { program } from '../program.ts';
import { relativeError, runProgram } from './run-program.ts';

const LOWEST = -3.4028234663852886e38;

/**
 * Checks attention and its gradients under a mask of the lowest finite float32: hidden keys get no weight,
 * and a query whose keys are all hidden weights them equally.
 *
 * @throws Error that names the tensor with the wrong value.
 */
export async function checkHiddenKeys(backend: Backend): Promise<void> {
  const [queries, keys, width] = [3, 5, 4];
  const drawn = (rows: number) =>
    Float32Array.from({ length: rows * width }, (_, i) => Math.sin(7 * i + rows));
  const values = { q: drawn(queries), k: drawn(keys), v: drawn(keys).map(Math.cos) };
  const [q, k, v] = [
    input('q', [1, queries, width]),
    input('k', [1, keys, width]),
    input('v', [1, keys, width]),
  ];
  // The first query sees only the first key, the second all others, the third none.
  const hidden = Float32Array.from({ length: queries * keys }, (_, i) => {
    const [query, key] = [Math.floor(i / keys), i % keys];
    return query === 2 || (query === 0) === key > 0 ? LOWEST : 0;
  });
  const options = { scale: 0.5, mask: constant(hidden, [1, queries, keys]) };
  const attended = attention(q, k, v, options);
  const loss = sum(mul(attended, attended));
  const [dq, dk, dv] = gradients(loss, [q, k, v]);
  const programs = {
    // A backend may use another algorithm where no gradient needs the attention weights.
    alone: program({ outputs: { attended } }),
    'with gradients': program({ outputs: { attended, dq, dk, dv } }),
  };
  for (const [how, built] of Object.entries(programs)) {
    const found = await runProgram(backend, built, { inputs: values });
    for (const [name, expected] of Object.entries(evaluate(built, { inputs: values }).outputs)) {
      const error = relativeError(found[name], expected);
      if (!(error <= 1e-5)) throw new Error(`${name} of attention ${how} is off by ${error}`);
    }
  }
}
