/** Quotes a path or text as one word of a shell command. */
export function shellWord(text: string): string {
  // A leading tilde would expand to the home folder.
  return /^[\w@%+=:,./-][\w@%+=:,./~-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
