import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What the GPUs of the machine do, all of them together: busy from 0 to 1 on average, and bytes of memory that are taken. */
export type GpuReading = { readonly busy: number; readonly bytes: number };

const MEBIBYTE = 2 ** 20;
const LONGEST_MILLISECONDS = 2000;
/** Where Linux tells of graphics cards. */
const CARDS = '/sys/class/drm';

/** Reads what the GPUs do: those of NVIDIA by nvidia-smi, those of AMD from Linux. Undefined where neither can be had; then it is not tried again. */
export function createGpuReader(): () => Promise<GpuReading | undefined> {
  let read: (() => Promise<GpuReading | undefined>) | undefined;
  let isKnown = false;
  return async () => {
    if (!isKnown) {
      isKnown = true;
      for (const way of [readNvidia, readAmd]) if ((await way()) !== undefined) read = way;
    }
    return read?.();
  };
}

function readNvidia(): Promise<GpuReading | undefined> {
  const query = ['--query-gpu=utilization.gpu,memory.used', '--format=csv,noheader,nounits'];
  return new Promise((resolve) => {
    const child = execFile('nvidia-smi', query, { timeout: LONGEST_MILLISECONDS }, (error, text) =>
      resolve(error === null ? parseNvidia(text) : undefined),
    );
    // A run that is over does not wait for it.
    child.unref();
  });
}

/** Reads lines such as "37, 1024": per cent, and mebibytes. */
export function parseNvidia(text: string): GpuReading | undefined {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  return summarized(rows.map(([percent, mebibytes]) => [percent, mebibytes * MEBIBYTE]));
}

async function readAmd(): Promise<GpuReading | undefined> {
  const cards = await readdir(CARDS).catch(() => []);
  const rows = await Promise.all(
    cards
      .filter((name) => /^card\d+$/.test(name))
      .map((card) =>
        Promise.all(
          ['gpu_busy_percent', 'mem_info_vram_used'].map(async (file) =>
            Number(await readFile(join(CARDS, card, 'device', file), 'utf8').catch(() => Number.NaN)),
          ),
        ),
      ),
  );
  return summarized(rows.filter((row) => row.every(Number.isFinite)));
}

function summarized(rows: readonly (readonly number[])[]): GpuReading | undefined {
  if (rows.length === 0 || !rows.flat().every(Number.isFinite)) return undefined;
  const sum = (column: number) => rows.reduce((total, row) => total + row[column], 0);
  return { busy: sum(0) / rows.length / 100, bytes: sum(1) };
}
