export { measureEdit, type Measurement } from './measure.ts';
export { createOracle } from './oracle.ts';
