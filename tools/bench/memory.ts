import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { totalMemory, type MemoryNeed } from '@rewardedit/graph';
import { MEMORY_CASES } from './memory-cases.ts';

/** The memory that a backend predicts for a case, and the peak that a process measured. */
export interface MemoryReport {
  readonly name: string;
  readonly need: MemoryNeed;
  readonly peakBytes: number;
}

/** Measures each case in a separate process. */
export async function measureMemory(threads: number): Promise<MemoryReport[]> {
  const reports: MemoryReport[] = [];
  for (const name of Object.keys(MEMORY_CASES)) {
    process.stderr.write(`${name}...\n`);
    const child = fork(fileURLToPath(new URL('memory-process.js', import.meta.url)));
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The process for "${name}" exited with ${String(code)} before it replied.`);
    });
    child.send({ name, threads });
    const [report] = (await Promise.race([once(child, 'message'), ended])) as [MemoryReport];
    ended.catch(() => undefined);
    reports.push(report);
  }
  return reports;
}

export function formatMemory({ name, need, peakBytes }: MemoryReport): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const parts = Object.entries(need).map(([part, bytes]: [string, number]) => `${part} ${mebibytes(bytes)}`);
  const ratio = totalMemory(need) / peakBytes;
  return `${name}: predicted ${mebibytes(totalMemory(need))} (${parts.join(', ')}), measured ${mebibytes(peakBytes)}; ratio ${ratio.toFixed(2)}`;
}
