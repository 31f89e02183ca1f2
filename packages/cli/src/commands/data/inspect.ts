import { Flags } from '@oclif/core';
import type { Counted, Inspection } from '@rewardedit/data';
import { formatBytes, formatSpread, printable } from '@rewardedit/core/text';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { openTriplets, sourceFlags } from '../../flags/source-flags.ts';
import { formatTable } from '../../output/table.ts';

export default class DataInspect extends BaseCommand<typeof DataInspect> {
  static override summary = 'Show what a dataset of any format contains, and what is wrong with it.';

  static override description = `Reads every row of a dataset and the header of every picture. Prints the format, the fields of the triplets, picture sizes,
instruction lengths, the number of scores, a few examples, and problems: missing or unreadable pictures, duplicate ids, rows that are
not triplets. Writes nothing. If there are problems, the exit code is 68.`;

  static override examples = examples({
    'A folder of Parquet files': 'magicbrush/data',
    'Find damaged pictures, and print the result as JSON': 'data/mine --check-pictures --json',
  });

  static override args = { source: requiredArgument('Dataset to inspect.') };

  static override flags = withVariables('data inspect', {
    ...sourceFlags(),
    'check-pictures': Flags.boolean({
      summary: 'Decode every picture completely; by default only headers are read.',
    }),
  });

  protected async work(
    { source: path }: ArgumentsOf<typeof DataInspect>,
    options: OptionsOf<typeof DataInspect>,
  ): Promise<Inspection> {
    const { inspectSource } = await import('@rewardedit/data');
    const source = await openTriplets(path, options);
    try {
      const decode = options['check-pictures'];
      const found = await this.longWork({ phase: 'Reading', unit: 'rows' }, ({ emit, signal }) =>
        inspectSource(source, { decode, signal, emit }),
      );
      this.log(printable(inspectionText(path, found)));
      const { unusable, duplicateIds, emptyInstructions } = found.problems;
      if (unusable + duplicateIds + emptyInstructions > 0) {
        this.endInPart();
      }
      return found;
    } finally {
      await source.close();
    }
  }
}

function inspectionText(path: string, found: Inspection): string {
  const { format, rows, usable, pictureBytes, instructionLength: lengths, problems } = found;
  const { unusable, duplicateIds, emptyInstructions } = problems;
  const facts: [string, string][] = [
    ['format', format],
    ['rows', `${rows}, ${usable} of them usable`],
    ['fields', listed(found.fields, rows)],
    ['pictures', listed(found.pictureFormats)],
    ['sizes', listed(found.pictureSizes)],
    ['file sizes', formatSpread(pictureBytes, formatBytes)],
    [
      'pairs',
      found.pairs.otherSize === 0
        ? 'both pictures have the same size'
        : `${found.pairs.otherSize} of different sizes, ${found.pairs.otherShape} of them of different shapes`,
    ],
    ['kinds', listed(found.kinds)],
    ...(found.splits.length === 0 ? [] : [['splits', listed(found.splits)] as [string, string]]),
    ['instructions', formatSpread(lengths, (value) => value.toFixed(0), 'characters')],
    [
      'scores',
      Object.entries(found.rewards)
        .map(([name, count]) => `${name} ${count}`)
        .join(', '),
    ],
    [
      'problems',
      `${unusable} unusable rows, ${duplicateIds} repeated ids, ${emptyInstructions} empty instructions`,
    ],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}`);
  for (const { id, where, reason } of problems.examples)
    lines.push(`  ${oneLine(`${id}: ${reason} [${where}]`)}`);
  for (const note of found.notes) lines.push(`Note: ${oneLine(note)}.`);
  const examples = found.examples.map(({ id, kind = '', instruction }) =>
    [id, kind, instruction].map(oneLine),
  );
  return [
    `${path}\n`,
    ...lines,
    ...(examples.length > 0 ? [`\n${formatTable(['id', 'kind', 'instruction'], examples)}`] : []),
  ].join('\n');
}

/** `png 40, jpeg 2`; a count equal to `all` is omitted. */
function listed(counted: Counted, all?: number): string {
  return counted.length === 0
    ? 'none'
    : counted.map(({ what, count }) => (count === all ? what : `${what} ${count}`)).join(', ');
}

const LONGEST = 300;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
