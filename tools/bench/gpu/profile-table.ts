import type { Ceilings, KernelTime, Profile } from '@rewardedit/backend-webgpu';
import type { GpuResult } from './gpu-result.ts';

/** Kernels of the same kind and shape. */
export interface ProfileRow {
  readonly kernel: string;
  readonly count: number;
  readonly milliseconds: number;
  /** Share of the time of all kernels. */
  readonly share: number;
  readonly teraflops?: number;
  readonly gigabytesPerSecond: number;
  /**
   * Share of the device's peak throughput: that of its memory or of its arithmetic units, whichever share is
   * larger.
   */
  readonly shareOfCeiling: number;
}

/** Profile rows, the slowest first. */
export function profileTable({ kernels }: Profile, ceilings: Ceilings): ProfileRow[] {
  const groups = new Map<string, KernelTime[]>();
  for (const kernel of kernels) {
    const name = kernel.body === undefined ? kernel.label : `${kernel.label}, ${kernel.body}`;
    groups.set(name, [...(groups.get(name) ?? []), kernel]);
  }
  const total = sum(kernels, ({ seconds }) => seconds);
  return [...groups]
    .map(([kernel, group]): ProfileRow => {
      const seconds = sum(group, (one) => one.seconds);
      const operations = sum(group, (one) => one.operations ?? 0);
      return {
        kernel,
        count: group.length,
        milliseconds: 1000 * seconds,
        share: seconds / total,
        ...(operations > 0 && { teraflops: operations / seconds / 1e12 }),
        gigabytesPerSecond: sum(group, (one) => one.bytes) / seconds / 1e9,
        shareOfCeiling: secondsAtBest(group, ceilings) / seconds,
      };
    })
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
}

/** The time that kernels would take at the device's peak throughput, each limited by its bottleneck. */
export function secondsAtBest(
  kernels: readonly Pick<KernelTime, 'body' | 'operations' | 'bytes'>[],
  { bytesPerSecond, operationsPerSecond: { f32, matrices } }: Ceilings,
): number {
  return sum(kernels, ({ body, operations = 0, bytes }) => {
    const rate = matrices !== undefined && body?.startsWith('matrices') ? matrices : f32;
    return Math.max(bytes / bytesPerSecond, operations / rate);
  });
}

/** The profile as one result, with the table and a trace for `chrome://tracing`. */
export function describeProfile(profile: Profile, ceilings: Ceilings): GpuResult {
  const { kernels, clock, arenaBytes } = profile;
  return {
    name: 'profile',
    values: {
      clock,
      dispatches: kernels.length,
      'milliseconds in kernels': 1000 * sum(kernels, ({ seconds }) => seconds),
      'share of the ceiling': secondsAtBest(kernels, ceilings) / sum(kernels, ({ seconds }) => seconds),
      'arena bytes': arenaBytes,
    },
    details: { table: profileTable(profile, ceilings), trace: chromeTrace(kernels) },
  };
}

/** Formats the slowest rows. */
export function formatProfile(rows: readonly ProfileRow[], most = 12): string {
  return rows
    .slice(0, most)
    .map(({ kernel, count, milliseconds, share, teraflops, gigabytesPerSecond, shareOfCeiling }) =>
      [
        `  ${milliseconds.toFixed(2).padStart(9)} ms ${percent(share)}`,
        `${count} x ${kernel}`,
        ...(teraflops === undefined ? [] : [`${teraflops.toPrecision(3)} TFLOP/s`]),
        `${gigabytesPerSecond.toPrecision(3)} GB/s`,
        `${percent(shareOfCeiling)} of the ceiling`,
      ].join('  '),
    )
    .join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

/** Events in Chrome's trace format, in microseconds. */
export function chromeTrace(kernels: readonly KernelTime[]): object[] {
  let start = 0;
  return kernels.map(({ label, body, seconds, operations, bytes }) => {
    const event = {
      name: label,
      ph: 'X',
      pid: 1,
      tid: 1,
      ts: start,
      dur: 1e6 * seconds,
      args: { body, operations, bytes },
    };
    start += 1e6 * seconds;
    return event;
  });
}

function sum<Value>(values: readonly Value[], of: (value: Value) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
