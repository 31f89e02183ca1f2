import { tryParseJson } from '@rewardedit/core';

/** Strings in either quotes, Python's words, and a comma before the end, which Python allows. */
const PYTHON = /'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|\b(?:True|False|None)\b|,(?=\s*[}\]])/gs;
const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null', ',': '' };

/**
 * The value of a text that is JSON, or, where the form is Python, a dictionary of its literals. Undefined where it is neither: nothing is
 * mended by a guess.
 */
export function parseReplyObject(text: string, form: 'json' | 'python'): unknown {
  const value = tryParseJson(text);
  if (value !== undefined || form === 'json') return value;
  const json = text.replaceAll(PYTHON, (found: string, inQuotes: string | undefined) =>
    inQuotes === undefined ? (WORDS[found] ?? found) : `"${inQuotes.replaceAll(/\\'|"|\\./gs, requoted)}"`,
  );
  return tryParseJson(json);
}

function requoted(found: string): string {
  if (found === "\\'") return "'";
  return found === '"' ? '\\"' : found;
}
