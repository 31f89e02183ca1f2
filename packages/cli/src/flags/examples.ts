/** The examples in a command's help: what each one shows, and the arguments that follow the command. */
export function examples(argumentsByDescription: Readonly<Record<string, string>>) {
  return Object.entries(argumentsByDescription).map(([description, words]) => ({
    description,
    command: `<%= config.bin %> <%= command.id %> ${words}`.trimEnd(),
  }));
}
