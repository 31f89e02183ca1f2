import { describe, expect, test } from 'vitest';
import { evaluate } from './evaluate.ts';
import { cast } from './ops/cast.ts';
import { add, mul } from './ops/elementwise.ts';
import { input, state } from './ops/leaf.ts';
import { nodesOf, program } from './program.ts';

const x = input('x', [2]);
const w = state('w', [2]);

test('collects its inputs and state', () => {
  const unused = state('unused', [2]);
  const found = program({ outputs: { y: mul(x, w) } });
  const spec = { shape: [2], dtype: 'f32' };
  expect(found).toMatchObject({ inputs: { x: spec }, state: { w: spec }, updates: {} });
  expect(Object.keys(found.state)).not.toContain(unused.attributes.name);
});

test('lists nodes after their inputs', () => {
  const y = add(mul(x, w), x);
  const order = nodesOf(program({ outputs: { y }, updates: { w: mul(y, 2) } }));
  for (const [position, tensor] of order.entries()) {
    for (const operand of tensor.inputs) expect(order.indexOf(operand)).toBeLessThan(position);
  }
});

test('may update an entry that only another program reads', () => {
  const encode = program({ outputs: {}, updates: { encoded: mul(x, 2) } });
  const use = program({ outputs: { y: add(state('encoded', [2]), x) } });
  expect(encode.state).toEqual({ encoded: { shape: [2], dtype: 'f32' } });
  const { state: after } = evaluate(encode, { inputs: { x: [1, 2] } });
  expect(evaluate(use, { inputs: { x: [0, 1] }, state: after }).outputs['y']).toEqual(Float64Array.of(2, 5));
});

describe('refused', () => {
  test('rejects one name for two different leaves', () => {
    const build = () => program({ outputs: { y: add(w, cast(state('w', [2], 'f16'), 'f32')) } });
    expect(build).toThrow('program: the state "w" is declared as 2 f32 and as 2 f16.');
  });
  test('rejects an update that does not fit its entry', () => {
    expect(() => program({ outputs: { y: w }, updates: { w: mul(w, input('z', [3, 1])) } })).toThrow(
      'program: the update of "w" is 3x2 f32, but the state entry is 2 f32.',
    );
    expect(() => program({ outputs: { y: w }, updates: { w: cast(w, 'f16') } })).toThrow(
      'program: the update of "w" is 2 f16, but the state entry is 2 f32.',
    );
  });
  test('rejects inputs that differ from the declared ones', () => {
    const outputs = { y: mul(x, w) };
    expect(Object.keys(program({ inputs: { x }, outputs }).inputs)).toEqual(['x']);
    expect(() => program({ inputs: {}, outputs })).toThrow('the inputs "x" are read but not declared');
    expect(() => program({ inputs: { x, z: x }, outputs })).toThrow(
      'the inputs "z" are declared but not read',
    );
  });
});

describe('evaluate', () => {
  test('updates see the old values, in any order', () => {
    const a = state('a', []);
    const b = state('b', []);
    const exchange = program({ outputs: { sum: add(a, b) }, updates: { a: b, b: a } });
    const { outputs, state: after } = evaluate(exchange, { state: { a: [1], b: [2], other: [3] } });
    expect(outputs).toEqual({ sum: Float64Array.of(3) });
    expect(after).toEqual({ a: Float64Array.of(2), b: Float64Array.of(1), other: Float64Array.of(3) });
  });

  test('names a missing value or one of the wrong length', () => {
    const y = program({ outputs: { y: mul(x, w) } });
    expect(() => evaluate(y, { inputs: { x: [1, 2] } })).toThrow(
      'evaluate: missing the value of the state "w".',
    );
    expect(() => evaluate(y, { inputs: { x: [1] }, state: { w: [1, 2] } })).toThrow(
      'evaluate: the input "x" needs 2 values, not 1.',
    );
  });
});
