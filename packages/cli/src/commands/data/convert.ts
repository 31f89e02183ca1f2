import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { ConvertSummary, FormatName } from '@rewardedit/data';
import { printable } from '@rewardedit/core/text';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { nextForDataset } from '../../output/next-command.ts';
import { FORMATS, openTriplets, sourceFlags } from '../../flags/source-flags.ts';

export type ConvertReport = ConvertSummary & {
  readonly target: string;
  readonly from: string;
  readonly to: FormatName;
  /** Where the rows that were set aside are listed, if there are any. */
  readonly quarantine?: string;
  /** Rules that were applied, and what the target does not hold. */
  readonly notes: readonly string[];
};

export default class DataConvert extends BaseCommand<typeof DataConvert> {
  static override summary = 'Turn a dataset of editing triplets into another format.';

  static override description = `Reads triplets (instruction, original, edited) of any format that is known, and writes them
in another. Pictures are taken over byte for byte. A row that is no triplet, or whose pictures are missing or cannot be
read, is listed with the reason in quarantine.jsonl; the exit code is then 68. Nothing is seen under the target's name
before all of it is there: until then it is in TARGET.partial, and the same command goes on.

Pictures on other hosts are not fetched, unless --allow-host names the host.`;

  static override examples = [
    {
      description: "InstructPix2Pix's folders, to a dataset folder",
      command: '<%= config.bin %> <%= command.id %> clip-filtered-dataset data/ip2p',
    },
    {
      description: 'Columns of any name',
      command:
        '<%= config.bin %> <%= command.id %> rows.jsonl data/mine --columns original=before,edited=after,instruction=prompt',
    },
  ];

  static override args = {
    source: requiredArgument('Dataset to read.'),
    target: Args.string({ description: 'Dataset to make; not needed with --explain.', ignoreStdin: true }),
  };

  static override flags = withVariables('data convert', {
    ...sourceFlags(),
    to: Flags.option({
      summary: 'Format of the target; by the ending of its name by default.',
      options: FORMATS,
    })(),
    explain: Flags.boolean({
      summary:
        'Only say how the source would be read: what it is, which columns become what, and why rows are no triplets.',
    }),
    'check-pictures': Flags.boolean({
      summary:
        'Decode every picture, and set aside those that are damaged anywhere; otherwise headers are read.',
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
      const summary = await this.longWork({ phase: 'Converting', unit: 'triplets' }, (emit, signal) =>
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
      this.endInPart(`${setAside} of ${rows} rows were set aside: ${quarantine} says why.`);
    }
    if (to === 'imagefolder') this.suggestNext(await nextForDataset(target));
    return report;
  }
}

function missingTarget(): RewardEditError {
  return new RewardEditError('usage', 'the target is missing', {
    hint: 'say what to make, such as `rewardedit data convert SOURCE data/mine`, or look at the source: --explain',
  });
}
