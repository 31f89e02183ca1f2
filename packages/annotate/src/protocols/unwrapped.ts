/** What models put around an object: a code block, the delimiters of VIEScore's prompt, quotes. */
const WRAPPINGS: readonly (readonly [open: RegExp, close: RegExp])[] = [
  [/^```(?:json|python)?/, /```$/],
  [/^\|\|V\^=\^V\|\|/, /\|\|V\^=\^V\|\|$/],
  [/^"/, /"$/],
];

/** Removes what surrounds the object of a reply, each kind at most once, in linear time. */
export function unwrapped(text: string): string {
  let inside = text.trim();
  for (const [open, close] of WRAPPINGS) inside = inside.replace(open, '').replace(close, '').trim();
  return inside;
}
