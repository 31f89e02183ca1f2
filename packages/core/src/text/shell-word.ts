/** A path or text as one word of a command line, to be copied into a shell. */
export function shellWord(text: string): string {
  // A tilde in front would be the home folder.
  return /^[\w@%+=:,./-][\w@%+=:,./~-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
