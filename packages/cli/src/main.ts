import { Errors, flush, run, settings } from '@oclif/core';
import { isDebugging, isGiven, reportFailure } from './errors/failure-report.ts';
import { toFailure } from './errors/failure.ts';
import { canShowScreens } from './running/open-screen.ts';
import { handleOutputErrors } from './errors/output-errors.ts';

/** Runs the command that `argv` names; `root` is the package's folder. Ends the process where it fails. */
export async function main(argv: string[], root: string): Promise<void> {
  // The commands are those that were built, also where NODE_ENV says "test".
  settings.enableAutoTranspile = false;
  handleOutputErrors();
  try {
    // Alone on a terminal, it is the interactive session.
    const words = argv.length === 0 && canShowScreens() ? ['session'] : argv;
    // There is no way to add plugins, so a home folder that cannot be read is no reason for a warning.
    await run(words, { root, userPlugins: false });
    await flush();
  } catch (error) {
    process.exit(await exitCodeFor(error, argv));
  }
}

async function exitCodeFor(error: unknown, argv: readonly string[]): Promise<number> {
  // A command that ends so has said already why.
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 0;
  const failure = await toFailure(error);
  reportFailure(failure, error, { json: isGiven('--json', argv), debug: isDebugging(argv) });
  return failure.exitCode;
}
