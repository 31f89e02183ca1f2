import { spawn } from 'node:child_process';
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { GpuPartReport, GpuReport, GpuResult } from './gpu-result.ts';
import { GPU_PARTS } from './gpu-parts.ts';

/** Time limit for all parts together, because GPU machines are lent for minutes. */
const SECONDS = 460;
/** A part with less time left does not start. */
const LEAST_SECONDS = 1;
const PROBLEM_LINES = 12;

const PROCESS = fileURLToPath(new URL('./gpu-process.js', import.meta.url));

/**
 * Measures everything that matters on a GPU, in order of importance, each part in a separate process that may
 * crash, hang or time out. Each result is written to the file, and synced to disk, as soon as it is known.
 */
export async function benchGpu({
  out,
  small,
  against,
  parts: asked = GPU_PARTS,
  process: path = PROCESS,
}: {
  out: string;
  small: boolean;
  against: string | undefined;
  /** All parts by default. */
  parts?: readonly { readonly name: string; readonly seconds: number }[];
  /** The script that measures a part. */
  process?: string;
}): Promise<GpuReport> {
  const begun = performance.now();
  const parts: GpuPartReport[] = [];
  const report = () => ({ date: new Date().toISOString(), small, node: process.version, parts });
  for (const { name, seconds } of asked) {
    const left = SECONDS - (performance.now() - begun) / 1000;
    process.stderr.write(`${name}...\n`);
    const soFar = (part: GpuPartReport) => write(out, { ...report(), parts: [...parts, part] });
    parts.push(await runPart(path, name, { small, against }, Math.min(seconds, left), soFar));
    write(out, report());
  }
  return report();
}

async function runPart(
  path: string,
  part: string,
  options: object,
  limit: number,
  soFar: (part: GpuPartReport) => void,
): Promise<GpuPartReport> {
  const begun = performance.now();
  const results: GpuResult[] = [];
  const seconds = () => (performance.now() - begun) / 1000;
  if (limit < LEAST_SECONDS) return { part, outcome: 'out of time', seconds: 0, results };
  const child = spawn(process.execPath, [path, part, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, limit * 1000);
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line);
    if (errors.length > PROBLEM_LINES) errors.shift();
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const result = parsed(line);
    if (!result) return;
    results.push(result);
    soFar({ part, outcome: 'failed', seconds: seconds(), results, problem: 'still running' });
  });
  const [code] = await Promise.all([
    new Promise<number | null>((resolve) => {
      child.once('error', (error) => {
        errors.push(String(error));
        resolve(null);
      });
      child.once('close', (ended, signal) => {
        if (signal && !late) errors.push(`killed by ${signal}`);
        resolve(ended);
      });
    }),
    new Promise((resolve) => lines.once('close', resolve)),
  ]);
  clearTimeout(timer);
  const outcome = late ? 'out of time' : code === 0 ? 'finished' : 'failed';
  return {
    part,
    outcome,
    seconds: seconds(),
    results,
    ...(outcome !== 'finished' && { problem: errors.join('\n') }),
  };
}

/** Parses a result; libraries may print other lines. */
function parsed(line: string): GpuResult | undefined {
  try {
    const found = JSON.parse(line) as Partial<GpuResult>;
    return typeof found.name === 'string' && found.values ? (found as GpuResult) : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the whole file atomically, synced to disk. */
function write(path: string, report: GpuReport): void {
  const temporary = `${path}.part`;
  const file = openSync(temporary, 'w');
  writeSync(file, `${JSON.stringify(report, null, 1)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
}

export function formatGpu({ parts }: GpuReport): string {
  return parts
    .flatMap(({ part, outcome, seconds, results, problem }) => [
      `${part}: ${outcome}, ${seconds.toFixed(1)} s`,
      ...results.map(({ name, values }) => `  ${name}: ${formatValues(values)}`),
      ...(problem === undefined ? [] : problem.split('\n').map((line) => `  | ${line}`)),
    ])
    .join('\n');
}

export function formatValues(values: GpuResult['values']): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');
}
