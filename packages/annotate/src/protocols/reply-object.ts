import { tryParseJson } from '@rewardedit/core';

/** Strings in either quotes, Python's constants, and trailing commas, which Python allows. */
const PYTHON = /'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"|\b(?:True|False|None)\b|,(?=\s*[}\]])/gs;
const WORDS: Readonly<Record<string, string>> = { True: 'true', False: 'false', None: 'null', ',': '' };

/** Parses JSON or, if the form is Python, a dictionary of literals. Returns undefined if the text is neither: nothing is guessed. */
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
