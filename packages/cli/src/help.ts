import { CommandHelp, Errors, Help, toConfiguredId, type Command, type Interfaces } from '@oclif/core';

/** A command's help: short usage, summaries before defaults, and one paragraph on variables instead of a note per option. */
class OurCommandHelp extends CommandHelp {
  protected override defaultUsage(): string {
    const args = Object.values(this.command.args).map(
      (arg) => this.arg(arg) + (arg.multiple === true ? '...' : ''),
    );
    return ['<%= command.id %>', ...args, '[OPTIONS]'].join(' ');
  }

  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    if (flags.length === 0) return undefined;
    return flags.map((flag) => [this.flagHelpLabel(flag).trim(), this.explain(flag)]);
  }

  protected override description(): string {
    const { description = '', flags } = this.command;
    const own = Object.values(flags).find(
      ({ env, helpGroup }) => env !== undefined && helpGroup === undefined,
    );
    const command = toConfiguredId(this.command.id, this.config);
    const variables =
      own?.env === undefined
        ? []
        : [
            `Options can also be set by environment variables, such as ${own.env}, or in rewardedit.config.json, such as ` +
              `{${JSON.stringify(command)}: {${JSON.stringify(own.name)}: ...}}. The command line overrides variables, which override the file.`,
          ];
    return this.wrap([reflow(description), ...variables].join('\n\n'));
  }

  /** The options that every command has come last. */
  protected override groupFlags(flags: Command.Flag.Any[]): ReturnType<CommandHelp['groupFlags']> {
    const { mainFlags, flagGroups } = super.groupFlags(flags);
    const { global, ...groups } = flagGroups;
    return { mainFlags, flagGroups: { ...groups, global } };
  }

  private explain(flag: Command.Flag.Any): string {
    const parts = [flag.summary ?? flag.description ?? ''];
    if (flag.required === true) parts.push('[required]');
    if (flag.type === 'option') {
      if (flag.default !== undefined) parts.push(`[default: ${String(flag.default)}]`);
      if (flag.options && flag.helpValue === undefined) parts.push(`[one of: ${flag.options.join(', ')}]`);
    }
    return parts.join(' ');
  }
}

/** Joins the lines of each paragraph, to be wrapped again. */
function reflow(text: string): string {
  return text.replace(/(?<!\n)\n(?![\n ])/g, ' ');
}

/** The help of this CLI. */
export default class OurHelp extends Help {
  protected override CommandHelpClass = OurCommandHelp;

  constructor(config: Interfaces.Config, options: Partial<Interfaces.HelpOptions> = {}) {
    super(config, { flagSortOrder: 'none', ...options });
  }

  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (error) {
      const [, id] = /^Command (.*) not found\.$/.exec((error as Error).message) ?? [];
      if (!(error instanceof Errors.CLIError) || id === undefined) throw error;
      const { failures } = await this.config.runHook('command_not_found', { id });
      throw failures[0]?.error ?? error;
    }
  }
}
