import {
  add,
  conv2d,
  gradients,
  input,
  mul,
  program,
  recompute,
  silu,
  state,
  sum,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { planProgram } from './program-plan.ts';

/** Residual blocks with their gradients; the inside of each block may be recomputed. */
function blocks(count: number, wrap: typeof recompute): Program {
  const weights = Array.from({ length: count }, (_, i) => state(`w${i}`, [32, 32, 3, 3]));
  const x = input('x', [1, 32, 32, 32]);
  const inside = (h: Tensor, weight: Tensor) =>
    conv2d(silu(conv2d(silu(h), weight, { padding: 1 })), weight, { padding: 1 });
  const output = weights.reduce<Tensor>(
    (h, weight) => wrap([h], (from) => add(from, inside(from, weight))),
    x,
  );
  const found = gradients(sum(mul(output, output)), weights);
  return program({ outputs: Object.fromEntries(found.map((each, i) => [`d${i}`, each])) });
}

const plainly: typeof recompute = (inputs, body) => body(...inputs);

test('a plan counts the dispatches and bytes of a program', () => {
  const values = 1 << 16;
  const [a, w] = [input('a', [1, values]), state('w', [1, values], 'f16')];
  const plan = planProgram(program({ outputs: { y: add(mul(a, 2), 1) }, updates: { w: mul(w, 2) } }));
  expect(plan).toEqual({
    dispatches: 2,
    stateBytes: 2 * values,
    arenaBytes: 0,
    // The input, and the output with its staging buffer.
    workspaceBytes: 3 * 4 * values,
    largestTensorBytes: 4 * values,
  });
});

test('recomputed regions need fewer bytes and more dispatches', () => {
  const [plain, again] = [plainly, recompute].map((wrap) => planProgram(blocks(12, wrap)));
  expect(again.arenaBytes).toBeLessThan(0.6 * plain.arenaBytes);
  expect(again.dispatches).toBeGreaterThan(plain.dispatches);
});
