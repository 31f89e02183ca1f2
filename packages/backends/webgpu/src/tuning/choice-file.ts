import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Choices } from './choices.ts';

/** The format of the files, raised if the choice for unchanged kernel code changes its meaning. */
const VERSION = 1;

/**
 * The file of choices for a device in the user's cache folder, one per adapter, driver and version of Dawn.
 */
export function choiceFileOf(
  info: Pick<GPUAdapterInfo, 'vendor' | 'device' | 'description'>,
  dawn: string,
): string {
  const about = [VERSION, info.vendor, info.device, info.description, dawn].join('\n');
  const hash = createHash('sha256').update(about).digest('hex').slice(0, 16);
  return join(cacheFolder(), 'rewardedit', 'webgpu', `${hash}.json`);
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return XDG_CACHE_HOME ?? LOCALAPPDATA ?? join(homedir(), '.cache');
}

/**
 * Choices in a file. Choices that other processes add meanwhile are kept; if the file cannot be read or
 * written, kernels are merely timed again.
 */
export function choicesInFile(path: string): Choices {
  const kept = read(path);
  return {
    get: (key) => kept[key],
    set: (key, body) => {
      kept[key] = body;
      try {
        Object.assign(kept, { ...read(path), ...kept });
        mkdirSync(dirname(path), { recursive: true });
        const temporary = `${path}.${process.pid}`;
        writeFileSync(temporary, `${JSON.stringify(kept, null, 1)}\n`);
        renameSync(temporary, path);
      } catch {
        // A home folder that is not writable is not an error.
      }
    },
  };
}

function read(path: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
    return Object.fromEntries(entries.filter(([, body]) => typeof body === 'string')) as Record<
      string,
      string
    >;
  } catch {
    return {};
  }
}
