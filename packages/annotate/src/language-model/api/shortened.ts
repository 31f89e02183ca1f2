/** Enough for a server's explanation of a failure. */
const LONGEST_MESSAGE = 500;

/** Shortens a foreign text for a message or a journal line, and says how many characters were cut. */
export function shortened(text: string, most = LONGEST_MESSAGE): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}... (${text.length - most} more characters)`;
}
