import { checkKernels } from '@rewardedit/graph/testing';
import { test } from 'vitest';
import { testBackend } from '../testing/test-backend.ts';

const backend = await testBackend();

test.skipIf(!backend)('fused kernels equal their formulas', () => checkKernels(backend!, { runs: 15 }));
