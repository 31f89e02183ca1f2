/**
 * The text with its control characters spelt out, but for line breaks: ids, file names and instructions are other people's,
 * and must not move the cursor, change colours or turn the direction of what stands around them.
 */
export function printable(text: string): string {
  return text.replace(
    // Those of ASCII, and those of Latin-1, which begin commands too.
    /(?!\n)[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

/** The same on one line: what somebody else wrote must not look like a message of ours, nor like a command of a CI service. */
export function oneLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n');
}
