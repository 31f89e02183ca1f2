/** One line of what was measured on a GPU. */
export interface GpuResult {
  readonly name: string;
  /** Seconds, bytes, counts: whatever the part measures, by name with its unit. */
  readonly values: Readonly<Record<string, number | string | boolean | null>>;
  /** Tables that are too long for a line. */
  readonly details?: unknown;
}

/** What became of one part of the run. */
export interface GpuPartReport {
  readonly part: string;
  readonly outcome: 'finished' | 'failed' | 'out of time';
  readonly seconds: number;
  /** Those that came before it ended, however it ended. */
  readonly results: readonly GpuResult[];
  /** The last lines that a failed part wrote. */
  readonly problem?: string;
}

export interface GpuReport {
  readonly date: string;
  readonly small: boolean;
  readonly node: string;
  readonly parts: readonly GpuPartReport[];
}
