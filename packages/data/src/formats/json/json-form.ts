import { parseLooseJsonBytes } from '@rewardedit/core';
import { fileBeginning } from '../file-beginning.ts';

/** How the rows of a JSON file are written, whatever its extension. */
export type JsonForm = 'lines' | 'array' | 'keyed' | 'object';

/** How much of a file is inspected: a first line may hold a picture in base64. */
const LOOK_BYTES = 1024 * 1024;

/**
 * Tells from the beginning of a JSON file how its rows are written. An object that ends with the first line is a row if one of its values is
 * neither an object nor an array, unlike in the lists of rewards of `RewardEdit_20K.json`. Undefined if the file holds neither objects nor
 * an array.
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
    // An object on several lines.
  }
  return formByFirstValue(text) === 'keyed' ? 'keyed' : 'object';
}

/** How the first value of an object begins. */
const FIRST_VALUE = /^\{\s*"(?:[^"\\]|\\.)*"\s*:\s*(.)/s;

/** Tells what a long object without a line end is: rows by their ids, lists of rewards by folder, or one row with pictures in it. */
function formByFirstValue(text: string): JsonForm {
  if (text.includes(OF_REWARDS)) return 'object';
  return FIRST_VALUE.exec(text)?.[1] === '{' ? 'keyed' : 'lines';
}

/** A key in the lists of rewards of `RewardEdit_20K.json`, whose first entry may be damaged. */
const OF_REWARDS = '"Negative Prompt"';

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
