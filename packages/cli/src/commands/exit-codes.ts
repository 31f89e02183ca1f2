import { examples } from '../flags/examples.ts';
import { EXIT_CODE_MEANINGS, type ExitCode } from '../errors/exit-codes.ts';
import { BaseCommand } from '../running/base-command.ts';
import { formatTable } from '../output/table.ts';

export default class ExitCodes extends BaseCommand<typeof ExitCodes> {
  static override summary = 'List the exit codes of all commands.';

  static override description = `Every command ends with one of these codes, so scripts can rely on them:

${EXIT_CODE_MEANINGS.map(({ exitCode, meaning }) => `  ${String(exitCode).padEnd(4)} ${meaning}`).join('\n')}

With --json, an error is {"error": {"code", "message", "where", "hint", "suggestions", "exitCode"}} on stdout.`;

  static override examples = examples({
    'As a table': '',
    'As JSON': '--json',
  });

  protected async work(): Promise<readonly ExitCode[]> {
    const rows = EXIT_CODE_MEANINGS.map(({ exitCode, code, meaning }) => [exitCode, code, meaning]);
    this.log(formatTable(['exit code', 'in --json', 'meaning'], rows));
    return EXIT_CODE_MEANINGS;
  }
}
