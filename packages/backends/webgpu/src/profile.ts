/** The time of one kernel of a program. */
export interface KernelTime {
  readonly label: string;
  /** The algorithm, if there are several. */
  readonly body?: string | undefined;
  readonly seconds: number;
  /** Floating-point operations of products and attention. */
  readonly operations?: number | undefined;
  /** Bytes of all bound tensors, each counted once. */
  readonly bytes: number;
}

/** The kernels of a program and their times in one run. */
export interface Profile {
  /** The clock that was used. The host's includes the round trip to the device. */
  readonly clock: 'device' | 'host';
  readonly kernels: readonly KernelTime[];
  /** Bytes of the arena. */
  readonly arenaBytes: number;
}
