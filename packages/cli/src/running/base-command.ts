import { EXIT_CODES, RewardEditError } from '@rewardedit/core/errors';
import type { Run, RunOptions } from '@rewardedit/core';
import { Command, Errors, Parser, toConfiguredId, type Interfaces } from '@oclif/core';
import { printable } from '@rewardedit/core/text';
import { isDebugging, isGiven, reportFailure } from '../errors/failure-report.ts';
import { toFailure, type Failure } from '../errors/failure.ts';
import { findOldVariable } from '../errors/renamed-options.ts';
import { interruptible } from './interrupt.ts';
import type { CommandContext, Phase, WorkHooks } from './command-context.ts';
import {
  configWords,
  optionTable,
  resolveOptions,
  sourceOf,
  variableThatSets,
  type OptionContext,
} from '../config/option-sources.ts';
import { baseFlags } from '../flags/base-flags.ts';
import { endingOf, recordedOptions } from './run-record.ts';
import { readProjectConfig, type KnownOptions, type ProjectConfig } from '../config/project-config.ts';
import type { RunViews } from './run-views.ts';
import { stateFolder } from '../config/state-folder.ts';
import { viewFlags, type ViewOptions } from '../flags/view-flags.ts';

/** The values of a command's options. */
export type OptionsOf<T extends typeof Command> = Interfaces.InferredFlags<typeof baseFlags & T['flags']>;

/** The values of a command's arguments. */
export type ArgumentsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/** Maximum number of simultaneous runs of a command that has no run folder of its own. */
const MOST_AT_ONCE = 1000;

/**
 * What all commands have in common: options from the command line, the environment and the config file; results on stdout, as text or
 * with `--json` as one document; messages and progress on stderr; errors that say what to do.
 *
 * A command implements `work`, and returns what `--json` prints.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = baseFlags;

  /** Values of options that are not given and follow from other options, for `--print-config`. */
  protected async followingOptions(_options: OptionsOf<T>): Promise<Readonly<Record<string, unknown>>> {
    return {};
  }

  /** The run of this command, once it has begun. */
  private begun: Run | undefined;
  /** The views of the run. */
  private views: RunViews | undefined;
  /** The options for the views. */
  private viewOptions: ViewOptions = {};
  /** Arguments and options to record with the run. */
  private recorded: Readonly<Record<string, unknown>> = {};

  /** Does the command's work, and returns what `--json` prints. */
  protected abstract work(args: ArgumentsOf<T>, options: OptionsOf<T>): Promise<object>;

  /** The options on the command line. */
  private typed: ReadonlySet<string> = new Set();
  private projectConfig: ProjectConfig | undefined;

  override async run(): Promise<object> {
    await this.refuseOldVariables();
    const typed = await this.typedOptions();
    this.typed = typed.names;
    this.projectConfig = await readProjectConfig(typed.config, process.cwd(), this.knownOptions());
    const words = await this.checkedConfigWords(this.projectConfig);
    const { args, flags } = await this.parse(this.definition(), [...words, ...this.argv]);
    if (flags['print-config'] === true) return this.printConfig(flags as OptionsOf<T>);
    this.recorded = recordedOptions(args, flags, [...Object.keys(baseFlags), ...Object.keys(viewFlags)]);
    this.viewOptions = flags as ViewOptions;
    const result = await this.work(args as ArgumentsOf<T>, flags as OptionsOf<T>);
    await this.views?.end();
    await this.begun?.finish(endingOf(process.exitCode));
    return result;
  }

  /** Begins the run of this command, whose events go to the run folder. Throws 'failed' while another process uses the folder. */
  protected async beginRun(options: Pick<RunOptions, 'folder' | 'fresh'>): Promise<Run> {
    const { startRun } = await import('@rewardedit/core');
    const { createRunViews } = await import('./run-views.ts');
    const about = { command: this.words(), version: this.config.version, config: this.recorded };
    const onWait = (message: string) => this.note(message);
    const views = await createRunViews(this.viewOptions, onWait);
    this.begun = await startRun({ ...about, ...options, onWait, onEvent: views.onEvent });
    this.begun.requests.onStop(() => process.emit('SIGTERM', 'SIGTERM'));
    this.views = views;
    await views.show(this.begun);
    return this.begun;
  }

  /** Begins the run of a command whose output `target` is not a run folder itself. */
  protected async beginRunBeside(target: string, fresh: boolean): Promise<Run> {
    const { runFolderBeside } = await import('@rewardedit/core');
    return this.beginRun({ folder: runFolderBeside(target, this.words()), fresh });
  }

  /** Begins the run of a command without output files, in the first folder in the user's state folder that no other process uses. */
  protected async beginRunApart(): Promise<Run> {
    for (let n = 1; ; n++) {
      try {
        return await this.beginRun({ folder: stateFolder(this.words(), n), fresh: true });
      } catch (error) {
        if (!(error instanceof RewardEditError) || n === MOST_AT_ONCE) throw error;
      }
    }
  }

  /** Whether an option is on the command line, rather than in a variable or a config file. */
  protected isTyped(option: string): boolean {
    return this.typed.has(option);
  }

  /** The config file that sets an option, if it was found automatically: it may have come with a cloned folder. */
  protected foundConfigOf(option: string): string | undefined {
    const config = this.projectConfig;
    if (config?.isFound !== true) return undefined;
    const { source } = sourceOf(option, this.allFlags()[option], this.optionContext());
    return source === 'config file' ? config.path : undefined;
  }

  private optionContext(): OptionContext {
    return { typed: this.typed, config: this.projectConfig, command: this.words() };
  }

  /** Runs a phase of long work: shows its progress, and lets Ctrl-C stop it. */
  protected async longWork<Result>(
    phase: Phase,
    work: (hooks: WorkHooks) => Promise<Result>,
  ): Promise<Result> {
    const run = this.begun ?? (await this.beginRun({}));
    const announce = (again: boolean) => {
      const message = 'Stopping once work in progress is saved; press Ctrl-C again to stop immediately.';
      if (again) void this.views?.end();
      else run.emit({ type: 'log', message });
    };
    run.emit({ type: 'phase-started', ...phase, requests: [...(phase.requests ?? [])] });
    const { emit, requests, savePreview } = run;
    const { whilePaused } = requests;
    const hooks = { emit, requests, savePreview, whilePaused };
    const result = await interruptible((signal) => work({ ...hooks, signal }), announce);
    run.emit({ type: 'phase-finished', phase: phase.phase });
    return result;
  }

  /** This command, for the functions that do its work. */
  protected context(): CommandContext {
    return {
      version: this.config.version,
      words: [this.words(), ...this.argv],
      isTyped: (option) => this.isTyped(option),
      log: (text) => this.log(text),
      note: (message) => this.note(message),
      endInPart: (message) => this.endInPart(message),
      suggestNext: (command) => this.suggestNext(command),
      longWork: (phase, work) => this.longWork(phase, work),
    };
  }

  /** Sets the exit code for partial results, and prints what is missing on stderr. */
  protected endInPart(message?: string): void {
    process.exitCode = EXIT_CODES.partial;
    if (message !== undefined) this.note(message);
  }

  /** Prints a message on stderr, with `--json` too. */
  protected note(message: string): void {
    if (this.viewOptions['log-format'] === 'json' && this.begun !== undefined)
      this.begun.emit({ type: 'log', message });
    else this.write(() => process.stderr.write(`${printable(message)}\n`));
  }

  override log(message = '', ...values: unknown[]): void {
    this.write(() => super.log(message, ...(values as string[])));
  }

  override logToStderr(message = ''): void {
    this.note(message);
  }

  /** Writes once no screen is on the terminal. */
  private write(text: () => void): void {
    if (this.views === undefined) text();
    else this.views.write(text);
  }

  /** Suggests the next command, given without `rewardedit`, on stderr. It has to work when pasted. */
  protected suggestNext(command: string | undefined): void {
    if (command !== undefined && this.viewOptions.quiet !== true)
      this.logToStderr(`Next: ${this.config.bin} ${command}`);
  }

  override async catch(error: Error): Promise<never> {
    const failure = await this.failureOf(error);
    // Set before the report, which ends the process if nothing reads it.
    process.exitCode = failure.exitCode;
    await this.endRun(failure);
    // With --log-format json, the last event has already reported the failure.
    if (this.viewOptions['log-format'] !== 'json' || this.begun === undefined || this.jsonEnabled())
      reportFailure(failure, error, { json: this.jsonEnabled(), debug: isDebugging(this.argv) });
    return this.exit(failure.exitCode);
  }

  private async endRun({ code, message, hint, exitCode }: Failure): Promise<void> {
    await this.views?.end();
    const ending = { ...endingOf(exitCode), message, hint };
    const isRefused = code === 'usage' || code === 'bad-input';
    await (isRefused ? this.begun?.withdraw(ending) : this.begun?.finish(ending));
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`);
  }

  /** The command as it is typed: "data scenes". */
  private words(): string {
    return toConfiguredId(this.ctor.id, this.config);
  }

  /** Throws 'usage' for a variable with the old name of an option. */
  private async refuseOldVariables(): Promise<void> {
    const old = findOldVariable(this.allFlags());
    if (old === undefined) return;
    throw new RewardEditError('usage', `the variable ${old.variable} was renamed to ${old.now}`, {
      where: `the environment variable ${old.variable}`,
      hint: `set ${old.now} instead`,
    });
  }

  private allFlags(): Interfaces.FlagInput {
    return { ...baseFlags, ...this.ctor.flags };
  }

  /** The definition to parse; with --print-config, nothing is required. */
  private definition() {
    const { args, strict } = this.ctor;
    const flags = this.allFlags();
    return isGiven('--print-config', this.argv)
      ? { args: withoutRequired(args), flags: withoutRequired(flags), strict }
      : { args, flags, strict };
  }

  /** Parses the command line and the environment, without requiring options that the config file may set. */
  private async typedOptions(): Promise<{ names: Set<string>; config: string | undefined }> {
    const { args, flags: all, strict } = this.definition();
    const { raw, flags } = await Parser.parse(this.argv, {
      args,
      flags: withoutRequired(all),
      strict,
      context: this,
    });
    const names = new Set(raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : [])));
    return { names, config: flags['config'] as string | undefined };
  }

  private knownOptions(): KnownOptions {
    const own = this.config.commands.filter(({ pluginName }) => pluginName === this.config.name);
    return Object.fromEntries(
      own.map(({ id, flags }) => [
        toConfiguredId(id, this.config),
        Object.keys(flags).filter((name) => !(name in baseFlags)),
      ]),
    );
  }

  private async checkedConfigWords(config: ProjectConfig | undefined): Promise<string[]> {
    if (config === undefined) return [];
    const flags = this.allFlags();
    const words = await configWords(config, this.words(), flags, this.typed);
    try {
      await Parser.parse(words, { flags: withoutRequired(flags), context: this });
    } catch (error) {
      if (!(error instanceof Errors.CLIError)) throw error;
      const { message, hint } = await toFailure(error, this.words());
      throw new RewardEditError('bad-input', message, { where: config.path, hint, cause: error });
    }
    return words;
  }

  private async printConfig(values: OptionsOf<T>): Promise<object> {
    const { json: _json, 'print-config': _printConfig, ...shown } = this.allFlags();
    const following = await this.followingOptions(values);
    const options = resolveOptions(shown, values, following, this.optionContext());
    this.log(optionTable(options));
    return { command: this.words(), configFile: this.projectConfig?.path ?? null, options };
  }

  /** Converts an error to a failure, which names the variable instead of the option if a variable set it. */
  private async failureOf(error: Error): Promise<Failure> {
    const failure = await toFailure(error, this.words());
    const name = failure.where?.replace(/^--/, '') ?? '';
    const flag = this.allFlags()[name];
    const isTyped =
      this.typed.has(name) || this.argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`));
    const variable = flag === undefined || isTyped ? undefined : variableThatSets(flag);
    return variable === undefined ? failure : { ...failure, where: `the environment variable ${variable}` };
  }
}

function withoutRequired<Definitions extends Readonly<Record<string, object>>>(
  definitions: Definitions,
): Definitions {
  const optional = Object.entries(definitions).map(([name, one]) => [name, { ...one, required: false }]);
  return Object.fromEntries(optional) as Definitions;
}
