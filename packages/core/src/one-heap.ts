/**
 * The environment for a process that trains, as far as the C library is glibc, which reads it only when it starts; others ignore it.
 *
 * It was measured when ONNX Runtime still copied gradients out in each step, to be given back when the weights are updated; what it is worth
 * since they are written in place (`run-in-place.ts` of the ONNX backend) was not. By itself, glibc has a heap for each
 * thread, returns what is free at its end to the system, and fetches it again page by page in the next step. In one heap that keeps what it
 * has, the memory is there already, and what one thread has given back is there for the others too.
 */
export const ONE_HEAP = {
  MALLOC_ARENA_MAX: '1',
  /** Blocks up to this many bytes come from the heap: the largest value that glibc allows. */
  MALLOC_MMAP_THRESHOLD_: String(2 ** 25),
  /** So many bytes of free memory at the end of the heap stay with the process. */
  MALLOC_TRIM_THRESHOLD_: String(2 ** 30),
} as const satisfies Readonly<Record<string, string>>;
