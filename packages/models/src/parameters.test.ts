import { describe, expect, it } from 'vitest';
import { createNetwork, initialParameters, parameterCount, type ParameterSpecs } from './parameters.ts';

const SPECS: ParameterSpecs = {
  'a.weight': { shape: [100, 50], dtype: 'f32', initialization: { kind: 'uniform', bound: 0.25 } },
  'a.bias': { shape: [50], dtype: 'f32', initialization: { kind: 'constant', value: 1 } },
  'b.weight': { shape: [100, 50], dtype: 'f32', initialization: { kind: 'normal', deviation: 0.02 } },
};

function values(specs: ParameterSpecs, seed: number, zero?: (name: string) => boolean) {
  return Object.fromEntries(initialParameters(specs, seed, zero));
}

describe('createNetwork', () => {
  it('names parameters by their path and keeps the order of declaration', () => {
    const { scope, specs } = createNetwork();
    const one = { kind: 'constant', value: 1 } as const;
    scope.at('down_blocks').at(0).parameter('weight', [2, 3], one);
    scope.parameter('alpha', [], one);
    expect(Object.keys(specs)).toEqual(['down_blocks.0.weight', 'alpha']);
    expect(parameterCount(specs)).toBe(7);
  });

  it('returns the same leaf for the same name, and rejects another shape', () => {
    const { scope } = createNetwork();
    const zero = { kind: 'constant', value: 0 } as const;
    expect(scope.parameter('w', [2], zero)).toBe(scope.parameter('w', [2], zero));
    expect(() => scope.parameter('w', [3], zero)).toThrow('declared as 2 and as 3');
  });
});

describe('initialParameters', () => {
  it("draws from each parameter's distribution", () => {
    const { 'a.weight': uniform, 'a.bias': ones, 'b.weight': normal } = values(SPECS, 7);
    const deviation = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
    expect(Math.max(...uniform.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(deviation(uniform)).toBeCloseTo(0.25 / Math.sqrt(3), 2);
    expect(deviation(normal)).toBeCloseTo(0.02, 3);
    expect(new Set(ones)).toEqual(new Set([1]));
  });

  it('initializes a parameter independently of others', () => {
    const alone = values({ 'b.weight': SPECS['b.weight'] }, 7);
    expect(values(SPECS, 7)['b.weight']).toEqual(alone['b.weight']);
    expect(values(SPECS, 8)['b.weight']).not.toEqual(alone['b.weight']);
  });

  it('draws another stream for each name', () => {
    const twins = { x: SPECS['a.weight'], y: SPECS['a.weight'] };
    const { x, y } = values(twins, 1);
    expect(x).not.toEqual(y);
  });

  it('initializes selected parameters to zero', () => {
    const started = values(SPECS, 7, (name) => name.startsWith('a.'));
    expect(new Set([...started['a.weight'], ...started['a.bias']])).toEqual(new Set([0]));
    expect(started['b.weight']).toEqual(values(SPECS, 7)['b.weight']);
  });
});
