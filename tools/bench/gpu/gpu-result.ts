/** A result of a measurement on a GPU. */
export interface GpuResult {
  readonly name: string;
  /** Seconds, bytes, counts and so on, by name with unit. */
  readonly values: Readonly<Record<string, number | string | boolean | null>>;
  /** Tables that are too long for a line. */
  readonly details?: unknown;
}

/** The outcome of one part. */
export interface GpuPartReport {
  readonly part: string;
  readonly outcome: 'finished' | 'failed' | 'out of time';
  readonly seconds: number;
  /** All results printed before the part ended, for any reason. */
  readonly results: readonly GpuResult[];
  /** The last lines of output of a failed part. */
  readonly problem?: string;
}

export interface GpuReport {
  readonly date: string;
  readonly small: boolean;
  readonly node: string;
  readonly parts: readonly GpuPartReport[];
}
