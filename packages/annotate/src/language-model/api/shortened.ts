/** Enough for what a server says about a failure. */
const LONGEST_MESSAGE = 500;

/** A text of somebody else, cut so that it can stand in a message, or a line of a journal; says how much is gone. */
export function shortened(text: string, most = LONGEST_MESSAGE): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most)}... (${text.length - most} more characters)`;
}
