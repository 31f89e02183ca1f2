import { availableParallelism, arch, cpus, freemem, platform, release, totalmem } from 'node:os';

/** The machine and its versions. */
export type SystemReport = {
  readonly rewardedit: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  /** Default number of CPU threads. */
  readonly threads: number;
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
};

export function systemReport(version: string): SystemReport {
  return {
    rewardedit: version,
    node: process.versions.node,
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus().at(0)?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
  };
}
