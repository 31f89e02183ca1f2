/** The escape sequence that copies a text to the terminal's clipboard, also over ssh (OSC 52); tmux passes it on if configured. */
export function clipboardCommand(text: string): string {
  return `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
