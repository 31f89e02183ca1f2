import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Utilization of all GPUs of the machine: average load from 0 to 1, and total bytes of used memory. */
export type GpuReading = { readonly busy: number; readonly bytes: number };

const MEBIBYTE = 2 ** 20;
const LONGEST_MILLISECONDS = 2000;
/** Linux's list of graphics cards. */
const CARDS = '/sys/class/drm';

/** Returns a function that reads GPU utilization, from nvidia-smi or from Linux for AMD. If neither is available it returns undefined without trying again. */
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
    // Does not keep the process alive.
    child.unref();
  });
}

/** Parses lines such as "37, 1024": percent and mebibytes. */
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
