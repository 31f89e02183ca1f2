import { requiredArgument } from '../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf } from '../running/base-command.ts';
import type { EditRecord } from '../editing/edit-record.ts';
import { formatTable } from '../output/table.ts';

export type SettingsReport = EditRecord & {
  /** The command that makes the same edit. */
  readonly command: string;
};

export default class Settings extends BaseCommand<typeof Settings> {
  static override summary = 'Show how an edited picture was made, and the command that makes it again.';

  static override description = `\`rewardedit edit\` and the session put the settings of an edit into its file: into text chunks of a PNG, into XMP of a JPEG or WebP.
The command at the end makes the same edit again, of the picture whose name and hash are shown.`;

  static override examples = [
    {
      description: 'Of one picture',
      command: '<%= config.bin %> <%= command.id %> snowy.png',
    },
    {
      description: 'For a script',
      command: '<%= config.bin %> <%= command.id %> snowy.png --json',
    },
  ];

  static override args = {
    picture: requiredArgument('Picture that was made by `edit`.'),
  };

  protected async work({ picture }: ArgumentsOf<typeof Settings>): Promise<SettingsReport> {
    const { drawOptionsOf, readRecord } = await import('../editing/edit-record.ts');
    const { editCommand } = await import('../editing/edit-command.ts');
    const { printable } = await import('@rewardedit/core/text');
    const record = await readRecord(picture);
    const { instruction, model, settings, source, bestOf } = record;
    const command = editCommand({
      ...record,
      picture: source?.name ?? 'PICTURE',
      out: picture,
      draw: await drawOptionsOf(record),
    });
    const judged = bestOf?.edits.map(({ seed, overall }) => `${seed}: ${overall?.toFixed(2) ?? '-'}`);
    const { reward, ...drawn } = settings;
    const rows = Object.entries({
      ...{ instruction, model, picture: source?.name, sha256: source?.sha256 },
      ...{ scores: JSON.stringify(reward.scores), feedback: JSON.stringify(reward.feedback), ...drawn },
      ...{ size: record.size, resolution: record.resolution, crop: record.crop, precision: record.precision },
      ...{ sweep: record.sweep?.join(' '), judge: bestOf?.judge.name, 'best of': judged?.join(', ') },
    }).flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(String(value))]]));
    this.log(`${formatTable(['setting', 'value'], rows)}\n\n${printable(command)}`);
    return { ...record, command };
  }
}
