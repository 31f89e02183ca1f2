import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { ConvertSummary, FormatName } from '@rewardedit/data';
import { printable } from '@rewardedit/core/text';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { nextForDataset } from '../../output/next-command.ts';
import { FORMATS, openTriplets, sourceFlags } from '../../flags/source-flags.ts';

export type ConvertReport = ConvertSummary & {
  readonly target: string;
  readonly from: string;
  readonly to: FormatName;
  /** Path of the list of quarantined rows, if there are any. */
  readonly quarantine?: string;
  /** Rules that were applied, and what the target format cannot store. */
  readonly notes: readonly string[];
};

export default class DataConvert extends BaseCommand<typeof DataConvert> {
  static override summary = 'Convert a dataset of editing triplets to another format.';

  static override description = `Reads triplets (instruction, original, edited) in any known format and writes them in another. Pictures are copied byte for
byte. A row that is not a triplet, or whose pictures are missing or unreadable, is listed with the reason in quarantine.jsonl, and the
exit code is 68. The target appears under its name only once it is complete; until then it is TARGET.partial, and the same command
resumes it.

Pictures on other hosts are downloaded only if --allow-host names the host.`;

  static override examples = examples({
    "InstructPix2Pix's folders to a dataset folder": 'clip-filtered-dataset data/ip2p',
    'Custom column names': 'rows.jsonl data/mine --columns original=before,edited=after,instruction=prompt',
  });

  static override args = {
    source: requiredArgument('Dataset to read.'),
    target: Args.string({ description: 'Dataset to write; not needed with --explain.', ignoreStdin: true }),
  };

  static override flags = withVariables('data convert', {
    ...sourceFlags(),
    to: Flags.option({
      summary: 'Format of the target; by default it follows from the file extension.',
      options: FORMATS,
    })(),
    explain: Flags.boolean({
      summary:
        'Explain how the source would be read, and write nothing: its format, its columns, and why rows are not triplets.',
    }),
    'check-pictures': Flags.boolean({
      summary:
        'Decode every picture completely, and quarantine rows with damaged ones; by default only headers are read.',
    }),
  });

  protected async work(
    { source: path, target }: ArgumentsOf<typeof DataConvert>,
    options: OptionsOf<typeof DataConvert>,
  ): Promise<ConvertReport | { readonly explanation: readonly string[] }> {
    if (options.explain) return this.explain(path, options);
    if (target === undefined) throw missingTarget();
    const { convert, createTarget, formatOfTarget } = await import('@rewardedit/data');
    const to = options.to ?? formatOfTarget(target);
    const source = await openTriplets(path, options);
    try {
      await this.beginRunBeside(target, false);
      const { columns, images, rewards, split, 'check-pictures': decode } = options;
      const claim = {
        source: resolve(path),
        from: source.format,
        to,
        columns,
        images,
        rewards,
        split,
        decode,
      };
      const sink = await createTarget(target, to, claim);
      const summary = await this.longWork({ phase: 'Converting', unit: 'triplets' }, ({ emit, signal }) =>
        convert({ source, sink, decode, signal, emit }),
      );
      return await this.conclude({
        target,
        from: source.format,
        to,
        ...summary,
        ...(summary.setAside > 0 && { quarantine: sink.quarantine }),
        notes: [...source.notes(), ...sink.notes()],
      });
    } finally {
      await source.close();
    }
  }

  private async explain(path: string, options: OptionsOf<typeof DataConvert>) {
    const { explainSource } = await import('@rewardedit/data');
    const source = await openTriplets(path, options);
    try {
      const explanation = await explainSource(source);
      for (const line of explanation) this.log(printable(line));
      return { explanation };
    } finally {
      await source.close();
    }
  }

  private async conclude(report: ConvertReport): Promise<ConvertReport> {
    const { target, from, to, rows, written, setAside, quarantine, notes } = report;
    this.log(`${target} has ${written} triplets (${from} to ${to}).`);
    for (const note of notes) this.log(printable(`Note: ${note}.`));
    if (quarantine !== undefined) {
      this.endInPart(`${setAside} of ${rows} rows were quarantined; see ${quarantine} for the reasons.`);
    }
    if (to === 'imagefolder') this.suggestNext(await nextForDataset(target));
    return report;
  }
}

function missingTarget(): RewardEditError {
  return new RewardEditError('usage', 'the target is missing', {
    hint: 'name the dataset to write, as in `rewardedit data convert SOURCE data/mine`, or add --explain to inspect the source',
  });
}
