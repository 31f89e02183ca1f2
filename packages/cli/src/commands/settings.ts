import { examples } from '../flags/examples.ts';
import { requiredArgument } from '../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf } from '../running/base-command.ts';
import type { EditRecord } from '../editing/edit-record.ts';
import { formatTable } from '../output/table.ts';

export type SettingsReport = EditRecord & {
  /** The command that reproduces the edit. */
  readonly command: string;
};

export default class Settings extends BaseCommand<typeof Settings> {
  static override summary = 'Show the settings of an edited picture, and the command that reproduces it.';

  static override description = `\`rewardedit edit\` and the session store the settings of an edit in its file: in text chunks of a PNG, in XMP metadata of a JPEG or WebP.
The printed command repeats the edit of the picture whose name and hash are shown.`;

  static override examples = examples({
    'The settings of a picture': 'snowy.png',
    'As JSON': 'snowy.png --json',
  });

  static override args = { picture: requiredArgument('Picture written by `edit`.') };

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
