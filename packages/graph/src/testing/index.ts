export { activationBytes } from './activation-bytes.ts';
export { BACKEND_CONTRACT } from './contract.ts';
export { callOf, checkOps, toleranceOf, type OpCheck, type Tolerances } from './check-ops.ts';
export { checkHiddenKeys } from './check-hidden-keys.ts';
export { buildCases, OP_CASES, type BuiltCases, type OpCase } from './op-cases.ts';
export { createState, relativeError, runProgram, someValues } from './run-program.ts';
export { referenceBackend } from './reference-backend.ts';
export { checkKernels } from './check-kernels.ts';
