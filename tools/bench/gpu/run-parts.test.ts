import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { GpuReport } from './gpu-result.ts';
import { benchGpu, formatGpu } from './run-parts.ts';

const realSetTimeout = setTimeout;

/** Prints a result and then behaves as the part is named. */
const MEASURES = `
const [part] = process.argv.slice(2);
console.log('a line of some library');
console.log(JSON.stringify({ name: 'first', values: { milliseconds: 12.5 } }));
if (part === 'crashes') process.kill(process.pid, 'SIGSEGV');
if (part === 'throws') throw new Error('no such feature');
if (part === 'hangs') setInterval(() => undefined, 1000);
`;

test('a part that crashes, fails or hangs keeps its results and does not affect later parts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-gpu-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [process, out] = [join(folder, 'measure.mjs'), join(folder, 'gpu.json')];
  await writeFile(process, MEASURES);
  const parts = ['crashes', 'throws', 'hangs', 'ends'].map((name) => ({ name, seconds: 30 }));
  const reportSoFar = async () =>
    JSON.parse(await readFile(out, 'utf8').catch(() => '{"parts":[]}')) as GpuReport;
  // No timeout fires until the hanging part has printed its result.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const running = benchGpu({ out, small: true, against: undefined, parts, process });
  while (!(await reportSoFar()).parts.some(({ part }) => part === 'hangs'))
    await new Promise((resolve) => realSetTimeout(resolve, 20));
  vi.advanceTimersByTime(30_000);
  const report = await running;
  expect(report.parts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'out of time', 'finished']);
  for (const { results } of report.parts)
    expect(results).toEqual([{ name: 'first', values: { milliseconds: 12.5 } }]);
  expect(report.parts[0].problem).toContain('killed by SIGSEGV');
  expect(report.parts[1].problem).toContain('no such feature');
  const written = JSON.parse(await readFile(out, 'utf8')) as GpuReport;
  expect(written.parts).toEqual(report.parts);
  expect(formatGpu(report)).toContain('hangs: out of time');
});
