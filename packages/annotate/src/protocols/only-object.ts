import { tryParseJson } from '@rewardedit/core';
import type { z } from 'zod';
import type { Invalid } from './protocol.ts';
import { unwrapped } from './unwrapped.ts';

/** Reads a text that may be the object asked for. Returns what was read, or what is wrong with it; undefined if it is not an object. */
export type ReadObject<T> = (text: string) => T | Invalid | undefined;

/** Reads JSON of a schema's form. Also returns its text. */
export function jsonOf<T>(schema: z.ZodType<T>): ReadObject<{ readonly json: string; readonly value: T }> {
  return (json) => {
    const parsed = tryParseJson(json);
    if (parsed === undefined) return undefined;
    const { data, error } = schema.safeParse(parsed);
    return error === undefined ? { json, value: data } : notAsAsked(problemOf(error));
  };
}

/** Says what is wrong with a value, and at which place. */
export function problemOf({ issues: [{ path, message }] }: z.ZodError): string {
  return [...path.map(String), message].join(': ');
}

export function notAsAsked(problem: string): Invalid {
  return { invalid: `the reply is not as asked for: ${problem}` };
}

/** The mark after a model's reasoning. */
const END_OF_THINKING = '</think>';

/**
 * Reads the one object of the form asked for in a reply, ignoring what surrounds it: reasoning, prose, a code block. Of several such
 * objects, the one after the reasoning counts; any other choice is an error.
 *
 * @param nothing says that there is no object.
 */
export function readOnlyObject<T extends object>(
  text: string,
  read: ReadObject<T>,
  { nothing }: { readonly nothing: string },
): T | Invalid {
  const whole = read(unwrapped(text));
  if (whole !== undefined && !('invalid' in whole)) return whole;
  const problems: Invalid[] = whole === undefined ? [] : [whole];
  const found: { readonly start: number; readonly object: T }[] = [];
  for (const { start, object } of objectsIn(text, read)) {
    if ('invalid' in object) problems.push(object);
    else found.push({ start, object });
  }
  const thought = text.lastIndexOf(END_OF_THINKING);
  const said = found.length > 1 ? found.filter(({ start }) => start > thought) : found;
  if (said.length === 1) return said[0].object;
  if (found.length > 1)
    return { invalid: `the reply holds ${found.length} objects of the form asked for, not one` };
  // The last object: models end with their answer.
  return problems.at(-1) ?? { invalid: nothing };
}

/** How often each character may be visited, on average, before a text full of brackets is given up. */
const LOOKS_PER_CHARACTER = 50;

/** Finds the outermost objects in a text. */
function* objectsIn<T extends object>(
  text: string,
  read: ReadObject<T>,
): Generator<{ start: number; object: T | Invalid }> {
  let left = LOOKS_PER_CHARACTER * text.length;
  // After an object that breaks off, an invalid object is probably a part of it, whose problem is of no interest.
  let broken = false;
  let start = text.indexOf('{');
  while (start >= 0 && left > 0) {
    const end = endOfObject(text, start);
    left -= (end ?? text.length) - start;
    const object = end === undefined ? undefined : read(text.slice(start, end));
    broken ||= end === undefined;
    if (object !== undefined && !(broken && 'invalid' in object)) yield { start, object };
    start = text.indexOf('{', object === undefined ? start + 1 : end);
  }
}

/** Returns the end of the object that opens at `start`, ignoring brackets in strings. */
function endOfObject(text: string, start: number): number | undefined {
  const piece = /[{}"]|\\./gs;
  piece.lastIndex = start;
  let [depth, inString] = [0, false];
  for (let match = piece.exec(text); match !== null; match = piece.exec(text)) {
    const [character] = match;
    if (character === '"') inString = !inString;
    if (inString || character.length > 1) continue;
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (depth === 0) return piece.lastIndex;
  }
  return undefined;
}
