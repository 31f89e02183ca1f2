import { open } from 'node:fs/promises';
import { fromSystemError, parseJsonBytes } from '@rewardedit/core';

/** How the rows of a file of JSON are written, whatever its ending. */
export type JsonForm = 'lines' | 'array' | 'keyed' | 'object';

/** So much of a file is looked at; a first line may be as long as a picture in base64. */
const LOOK_BYTES = 1024 * 1024;

/**
 * Tells by its beginning how a file of JSON is written. One object that ends with the first line is a line where it has a value that is
 * neither an object nor an array, as rows have, and the lists of rewards of `RewardEdit_20K.json` have not.
 */
export async function jsonFormOf(path: string): Promise<JsonForm | undefined> {
  const start = await beginning(path);
  const text = new TextDecoder().decode(start).trimStart();
  if (text.startsWith('[')) return 'array';
  if (!text.startsWith('{')) return undefined;
  const end = text.indexOf('\n');
  if (end < 0 && start.length === LOOK_BYTES) return undefined;
  try {
    const first = parseJsonBytes(Buffer.from(end < 0 ? text : text.slice(0, end)));
    const isRow = isObject(first) && Object.values(first).some((value) => typeof value !== 'object');
    if (isRow) return 'lines';
  } catch {
    // An object over several lines.
  }
  return KEYED.test(text) && !text.includes(OF_REWARDS) ? 'keyed' : 'object';
}

/** An object whose first value is one, too: rows by their ids. */
const KEYED = /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*\{/;

/** A key of the lists of rewards of `RewardEdit_20K.json`, whose first entry may be damaged. */
const OF_REWARDS = '"Negative Prompt"';

async function beginning(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const bytes = Buffer.alloc(LOOK_BYTES);
      const { bytesRead } = await file.read(bytes, 0, LOOK_BYTES, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the dataset', path });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
