import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds for which a reading is reused. */
const MILLISECONDS = 2000;

/**
 * Returns a function for the free bytes of the GPU, which WebGPU does not report: read from the driver if the
 * machine has exactly one GPU of that vendor, else Infinity.
 */
export function freeGpuMemory(vendor: string): () => number {
  const read = READERS[vendor] ?? (() => undefined);
  let last = { at: Number.NEGATIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  return () => {
    if (performance.now() - last.at > MILLISECONDS)
      last = { at: performance.now(), bytes: read() ?? Number.POSITIVE_INFINITY };
    return last.bytes;
  };
}

const READERS: Readonly<Record<string, () => number | undefined>> = {
  nvidia: () => onlyOne(fromNvidia()),
  amd: () => onlyOne(fromSysfs()),
  // Integrated GPUs use the processor's memory.
  apple: () => process.availableMemory(),
};

/** Free bytes of each NVIDIA GPU. */
function fromNvidia(): number[] {
  try {
    const query = ['--query-gpu=memory.free', '--format=csv,noheader,nounits'];
    const text = execFileSync('nvidia-smi', query, {
      timeout: 2000,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .trim()
      .split('\n')
      .map((line) => Number(line) * 2 ** 20);
  } catch {
    return [];
  }
}

/** Free bytes of each AMD GPU, from the kernel's driver. */
export function fromSysfs(folder = '/sys/class/drm'): number[] {
  try {
    const cards = readdirSync(folder).filter((name) => /^card\d+$/.test(name));
    return cards.flatMap((card) => {
      const [total, used] = ['mem_info_vram_total', 'mem_info_vram_used'].map((name) => {
        try {
          return Number(readFileSync(join(folder, card, 'device', name), 'utf8'));
        } catch {
          return Number.NaN;
        }
      });
      return Number.isFinite(total - used) ? [total - used] : [];
    });
  } catch {
    return [];
  }
}

function onlyOne(found: readonly number[]): number | undefined {
  return found.length === 1 && Number.isFinite(found[0]) ? found[0] : undefined;
}
