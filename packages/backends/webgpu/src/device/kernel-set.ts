/**
 * What kernels a device is trusted with: all of them, or only plain ones, without 16-bit numbers, matrix units and memory shared
 * by workgroups.
 */
export type KernelSet = 'full' | 'safe';
