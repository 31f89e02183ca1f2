export { textKey } from './content-key.ts';
export { createGrowingIntegers } from './growing-integers.ts';
export { createKeyNumbers } from './key-numbers.ts';
