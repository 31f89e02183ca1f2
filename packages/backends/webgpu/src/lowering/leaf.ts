import type { Lowering } from './lowering.ts';

export const input: Lowering<'input'> = { kind: 'leaf' };
export const state: Lowering<'state'> = { kind: 'leaf' };

/**
 * A constant with the same number for all elements is a literal; others are in memory before the program
 * runs.
 */
export const constant: Lowering<'constant'> = {
  kind: 'element',
  inMemory: 'none',
  element: (make, { attributes: { values, dtype } }) =>
    make.number(values as number, dtype === 'i32' ? 'i32' : 'f32'),
};
