import type { TensorData } from '@rewardedit/graph';

/**
 * Frees memory immediately. ONNX Runtime copies results out in each run, and the copies would wait for the
 * garbage collector while the next run allocates its own from the system.
 */
export function freeBuffer({ buffer }: TensorData): void {
  // ES2024, newer than the library that the sources are checked against.
  const memory = buffer as ArrayBuffer & { transfer(length: number): ArrayBuffer };
  if (memory.byteLength > 0) memory.transfer(0);
}
