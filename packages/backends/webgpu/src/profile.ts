/** What one kernel of a program took. */
export interface KernelTime {
  readonly label: string;
  /** How it computes, where there are several ways. */
  readonly body?: string | undefined;
  readonly seconds: number;
  /** Floating-point operations, of products and attention. */
  readonly operations?: number | undefined;
  /** Bytes of all tensors that it reads or writes, each once. */
  readonly bytes: number;
}

/** What a program is on the device, and what each of its kernels took in one run. */
export interface Profile {
  /** Whose clock it was. The host's has the way to the device and back in it. */
  readonly clock: 'device' | 'host';
  readonly kernels: readonly KernelTime[];
  /** Bytes of memory for intermediate values. */
  readonly arenaBytes: number;
}
