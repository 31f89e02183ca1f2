import { describe, expect, test } from 'vitest';
import { createEmitter } from './emitter.ts';

function withInput() {
  const emitter = createEmitter({ fusedMatMul: true, channelBlock: undefined });
  return { emitter, x: emitter.input({ name: 'x', type: 'f32', shape: [2, 3] }) };
}

const result = (name: string) => ({ name, type: 'f32' }) as const;

describe('emitter', () => {
  test('emits equal nodes once', () => {
    const { emitter, x } = withInput();
    const sum = emitter.emit('Add', [x, x]);
    expect(emitter.emit('Add', [x, x])).toBe(sum);
    expect(emitter.emit('Mul', [x, x])).not.toBe(sum);
    const turned = emitter.emit('Transpose', [x], { attributes: { perm: [1, 0] } });
    expect(emitter.emit('Transpose', [x], { attributes: { perm: [0, 1] } })).not.toBe(turned);
  });

  test('stores constants of equal type, shape and content once', () => {
    const { emitter } = withInput();
    expect(emitter.indices([1, 2])).toBe(emitter.indices([1, 2]));
    expect(emitter.indices([1, 2])).not.toBe(emitter.indices([2, 1]));
    const data = new Uint8Array(Float32Array.of(0, 0).buffer);
    expect(emitter.constant('f32', [2], data)).not.toBe(emitter.constant('f32', [1, 2], data));
    expect(emitter.constant('f32', [2], data)).not.toBe(emitter.constant('i32', [2], data));
  });

  test('the model contains what its outputs need, last first', () => {
    const { emitter, x } = withInput();
    const unused = emitter.input({ name: 'unused', type: 'f32', shape: [] });
    const sum = emitter.emit('Add', [x, x]);
    emitter.emit('Mul', [sum, unused]);
    const root = emitter.emit('Sqrt', [sum]);
    const model = emitter.model([result(root)]);
    expect(model.nodes.map(({ op }) => op)).toEqual(['Sqrt', 'Add']);
    expect(model.inputs.map(({ name }) => name)).toEqual(['x']);
    expect(model.constants).toEqual([]);
  });

  test('merges a view of a view', () => {
    const { emitter, x } = withInput();
    const view = emitter.emit('Reshape', [x, emitter.indices([6])]);
    const turned = emitter.indices([3, 2]);
    const again = emitter.emit('Reshape', [view, turned]);
    expect(emitter.model([result(again)]).nodes).toMatchObject([{ op: 'Reshape', inputs: ['x', turned] }]);
  });

  test('adds an input per shape if inputs are read in place', () => {
    const emitter = createEmitter({ fusedMatMul: true, channelBlock: undefined, inputViews: true });
    const x = emitter.input({ name: 'x', type: 'f32', shape: [2, 3] });
    const view = emitter.emit('Reshape', [x, emitter.indices([6])]);
    const again = emitter.emit('Reshape', [view, emitter.indices([3, 2])]);
    const model = emitter.model([result(emitter.emit('Neg', [view])), result(emitter.emit('Neg', [again]))]);
    expect(model.nodes.map(({ op }) => op)).toEqual(['Neg', 'Neg']);
    expect(model.inputs).toEqual([
      { name: view, type: 'f32', shape: [6], viewOf: 'x' },
      { name: again, type: 'f32', shape: [3, 2], viewOf: 'x' },
    ]);
  });

  test('outputs are computed, not views of inputs', () => {
    const { emitter, x } = withInput();
    const sum = emitter.emit('Add', [x, x]);
    const flat = emitter.emit('Reshape', [sum, emitter.indices([6])]);
    expect(emitter.flat(flat)).toBe(sum);
    const view = emitter.emit('Reshape', [x, emitter.indices([6])]);
    expect(emitter.flat(view)).toBe(view);
    const copied = emitter.flat(x);
    expect(emitter.model([result(copied)]).nodes).toMatchObject([{ op: 'Identity', inputs: ['x'] }]);
  });
});
