/**
 * The first key that an object in a JSON text has twice, at any depth. `JSON.parse` keeps the last one in silence, which lets
 * two readers see different things in the same file.
 *
 * @param json a text that `JSON.parse` accepts.
 */
export function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  // Strings, and the braces that open and close objects; a string is a key if a colon follows.
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
