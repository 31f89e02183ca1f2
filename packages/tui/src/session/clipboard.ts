/** The command that puts a text on the clipboard of the terminal, over ssh too (OSC 52); tmux passes it on where it is set so. */
export function clipboardCommand(text: string): string {
  return `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
}
