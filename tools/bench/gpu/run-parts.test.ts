import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { GpuReport } from './gpu-result.ts';
import { benchGpu, formatGpu } from './run-parts.ts';

/** Measures something, and then does what the part is called. */
const MEASURES = `
const [part] = process.argv.slice(2);
console.log('a line of some library');
console.log(JSON.stringify({ name: 'first', values: { milliseconds: 12.5 } }));
if (part === 'crashes') process.kill(process.pid, 'SIGSEGV');
if (part === 'throws') throw new Error('no such feature');
if (part === 'hangs') setInterval(() => undefined, 1000);
`;

test('a part that crashes, fails or hangs loses neither what it measured nor the parts after it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-gpu-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [process, out] = [join(folder, 'measure.mjs'), join(folder, 'gpu.json')];
  await writeFile(process, MEASURES);
  const parts = ['crashes', 'throws', 'hangs', 'ends'].map((name) => ({
    name,
    seconds: name === 'hangs' ? 1.5 : 30,
  }));
  const report = await benchGpu({ out, small: true, against: undefined, parts, process });
  expect(report.parts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'out of time', 'finished']);
  for (const { results } of report.parts)
    expect(results).toEqual([{ name: 'first', values: { milliseconds: 12.5 } }]);
  expect(report.parts[0].problem).toContain('it was ended by SIGSEGV');
  expect(report.parts[1].problem).toContain('no such feature');
  const written = JSON.parse(await readFile(out, 'utf8')) as GpuReport;
  expect(written.parts).toEqual(report.parts);
  expect(formatGpu(report)).toContain('hangs: out of time');
});
