import type { Lowering } from './lowering.ts';

export const input: Lowering<'input'> = { kind: 'leaf' };
export const state: Lowering<'state'> = { kind: 'leaf' };

/** One number for all elements is written into the code. A constant of several is in memory before it is asked for. */
export const constant: Lowering<'constant'> = {
  kind: 'element',
  inMemory: 'none',
  element: (make, { attributes: { values, dtype } }) =>
    make.number(values as number, dtype === 'i32' ? 'i32' : 'f32'),
};
