import type { Emit, RequestName, Run, RunRequests } from '@rewardedit/core';

/** A phase of long work: its name, the unit of its progress, and the total if known. */
export type Phase = {
  readonly phase: string;
  readonly unit: string;
  readonly total?: number | undefined;
  /** Requests that it handles besides stopping. */
  readonly requests?: readonly RequestName[];
};

/** How long work reports its progress, notices that it should stop, and learns of requests. */
export type WorkHooks = Pick<Run, 'requests' | 'savePreview'> &
  Pick<RunRequests, 'whilePaused'> & { readonly emit: Emit; readonly signal: AbortSignal };

/** Runs a phase of long work: shows its progress, and lets Ctrl-C stop it. */
export type LongWork = <Result>(phase: Phase, work: (hooks: WorkHooks) => Promise<Result>) => Promise<Result>;

/** What the functions that do a command's work need of the command. */
export type CommandContext = {
  readonly version: string;
  /** The words of the command line after `rewardedit`. */
  readonly words: readonly string[];
  /** Whether an option is on the command line, rather than in a variable or a config file. */
  readonly isTyped: (option: string) => boolean;
  /** Prints a result on stdout. */
  readonly log: (text: string) => void;
  /** Prints a message on stderr. */
  readonly note: (text: string) => void;
  /** Sets the exit code for partial results, and prints what is missing on stderr. */
  readonly endInPart: (message?: string) => void;
  /** Suggests the next command, given without `rewardedit`. */
  readonly suggestNext: (command: string | undefined) => void;
  readonly longWork: LongWork;
};
