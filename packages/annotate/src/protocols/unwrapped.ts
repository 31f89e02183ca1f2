/** What models put around an object: a code block, the delimiters of VIEScore's prompt, quotes. */
const WRAPPINGS: readonly (readonly [open: RegExp, close: RegExp])[] = [
  [/^```(?:json|python)?/, /```$/],
  [/^\|\|V\^=\^V\|\|/, /\|\|V\^=\^V\|\|$/],
  [/^"/, /"$/],
];

/** The reply without what stands around the object in it, each once at most; in time that grows with its length only. */
export function unwrapped(text: string): string {
  let inside = text.trim();
  for (const [open, close] of WRAPPINGS) inside = inside.replace(open, '').replace(close, '').trim();
  return inside;
}
