import type { TensorData } from '@rewardedit/graph';

/**
 * Gives memory back at once. ONNX Runtime copies results out in each run; they would otherwise wait for the garbage
 * collector while the next run makes its own, in memory that has to be fetched from the system.
 */
export function giveBack({ buffer }: TensorData): void {
  // In ES2024, and so not in the library that the sources are checked against.
  const memory = buffer as ArrayBuffer & { transfer(length: number): ArrayBuffer };
  if (memory.byteLength > 0) memory.transfer(0);
}
