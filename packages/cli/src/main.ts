import { Errors, flush, run, settings } from '@oclif/core';
import { isDebugging, isGiven, reportFailure } from './errors/failure-report.ts';
import { toFailure } from './errors/failure.ts';
import { canShowScreens } from './running/open-screen.ts';
import { handleOutputErrors } from './errors/output-errors.ts';

/** Runs the command in `argv`; `root` is the package's folder. Exits the process on failure. */
export async function main(argv: string[], root: string): Promise<void> {
  // Always run the built commands, even if NODE_ENV is "test".
  settings.enableAutoTranspile = false;
  handleOutputErrors();
  try {
    // Without arguments on a terminal, open the interactive session.
    const words = argv.length === 0 && canShowScreens() ? ['session'] : argv;
    // Users cannot add plugins, so an unreadable home folder must not cause a warning.
    await run(words, { root, userPlugins: false });
    await flush();
  } catch (error) {
    process.exit(await exitCodeFor(error, argv));
  }
}

async function exitCodeFor(error: unknown, argv: readonly string[]): Promise<number> {
  // The command has already reported why it exits.
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
  const failure = await toFailure(error);
  reportFailure(failure, error, { json: isGiven('--json', argv), debug: isDebugging(argv) });
  return failure.exitCode;
}
