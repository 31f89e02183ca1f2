import { parseLooseJsonBytes } from '@rewardedit/core';
import { fileBeginning } from '../file-beginning.ts';

/** How the rows of a file of JSON are written, whatever its ending. */
export type JsonForm = 'lines' | 'array' | 'keyed' | 'object';

/** So much of a file is looked at; a first line may be as long as a picture in base64. */
const LOOK_BYTES = 1024 * 1024;

/**
 * Tells by its beginning how a file of JSON is written. One object that ends with the first line is a line where it has a value that is
 * neither an object nor an array, as rows have, and the lists of rewards of `RewardEdit_20K.json` have not.
 */
export async function jsonFormOf(path: string): Promise<JsonForm | undefined> {
  const start = await fileBeginning(path, LOOK_BYTES);
  const text = new TextDecoder().decode(start).trimStart();
  if (text.startsWith('[')) return 'array';
  if (!text.startsWith('{')) return undefined;
  const end = text.indexOf('\n');
  if (end < 0 && start.length === LOOK_BYTES) return formByFirstValue(text);
  try {
    const first = parseLooseJsonBytes(Buffer.from(end < 0 ? text : text.slice(0, end)));
    const isRow = isObject(first) && Object.values(first).some((value) => typeof value !== 'object');
    if (isRow) return 'lines';
  } catch {
    // An object over several lines.
  }
  return formByFirstValue(text) === 'keyed' ? 'keyed' : 'object';
}

/** How the first value of an object begins. */
const FIRST_VALUE = /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(.)/s;

/** What an object of many bytes without a line end is: rows by their ids, lists of rewards by folders, or one row with pictures in it. */
function formByFirstValue(text: string): JsonForm {
  if (text.includes(OF_REWARDS)) return 'object';
  return FIRST_VALUE.exec(text)?.[1] === '{' ? 'keyed' : 'lines';
}

/** A key of the lists of rewards of `RewardEdit_20K.json`, whose first entry may be damaged. */
const OF_REWARDS = '"Negative Prompt"';

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
