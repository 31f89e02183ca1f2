export { contentKey, textKey } from './content-key.ts';
export { type GrowingIntegers, createGrowingIntegers } from './growing-integers.ts';
export { type KeyNumbers, createKeyNumbers } from './key-numbers.ts';
