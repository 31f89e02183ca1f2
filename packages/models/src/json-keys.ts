/**
 * Returns the first key that occurs twice in an object of a JSON text, at any depth. `JSON.parse` silently keeps the last one, so two readers
 * could see different contents in the same file.
 *
 * @param json valid JSON.
 */
export function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  // Matches strings and braces; a string followed by a colon is a key.
  for (const [, brace, string, colon] of json.matchAll(/([{}])|("(?:[^"\\]|\\.)*")(\s*:)?/gs)) {
    if (brace === '{') open.push(new Set());
    else if (brace === '}') open.pop();
    else if (colon !== undefined) {
      const key = String(JSON.parse(string));
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
