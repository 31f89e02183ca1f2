/**
 * The kernels to use on a device: all of them, or only plain ones, without f16, subgroup matrices and
 * workgroup memory.
 */
export type KernelSet = 'full' | 'safe';
