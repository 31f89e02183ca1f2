import type { KernelTime, Profile } from '@rewardedit/backend-webgpu';
import type { GpuResult } from './gpu-result.ts';

/** Kernels of one kind and shape, together. */
export interface ProfileRow {
  readonly kernel: string;
  readonly count: number;
  readonly milliseconds: number;
  /** Of all kernels. */
  readonly share: number;
  readonly teraflops?: number;
  readonly gigabytesPerSecond: number;
}

/** Where the time of a program goes, from what takes most. */
export function profileTable({ kernels }: Profile): ProfileRow[] {
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
      };
    })
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
}

/** The same as one result, with the table, and the kernels one after another as `chrome://tracing` shows them. */
export function describeProfile(profile: Profile): GpuResult {
  const { kernels, clock, arenaBytes } = profile;
  return {
    name: 'profile',
    values: {
      clock,
      dispatches: kernels.length,
      'milliseconds in kernels': 1000 * sum(kernels, ({ seconds }) => seconds),
      'arena bytes': arenaBytes,
    },
    details: { table: profileTable(profile), trace: chromeTrace(kernels) },
  };
}

/** Events of Chrome's trace format, in microseconds. */
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
