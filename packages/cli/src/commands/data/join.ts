import { Flags } from '@oclif/core';
import { severalArguments } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { nextForDataset } from '../../output/next-command.ts';

export type JoinReport = {
  readonly out: string;
  readonly datasets: readonly { readonly path: string; readonly triplets: number }[];
  readonly triplets: number;
};

export default class DataJoin extends BaseCommand<typeof DataJoin> {
  static override summary = 'Put several datasets together, to train on all of them.';

  static override description = `Writes one .jsonl file that names the triplets of all given dataset folders, one after another.
It stands in a folder above theirs and copies no picture; every command takes it in the place of a folder. Training mixes the
triplets by itself. Ids have to be different, which those of different seeds are.`;

  static override examples = [
    {
      description: 'Scenes and photos together',
      command: '<%= config.bin %> <%= command.id %> data/scenes data/photos --out data/mixed.jsonl',
    },
    {
      description: 'Photos of two folders',
      command: '<%= config.bin %> <%= command.id %> data/mine data/theirs --out data/photos.jsonl --json',
    },
  ];

  static override args = {
    datasets: severalArguments('Dataset folders, or .jsonl files of the same form.'),
  };

  static override flags = withVariables('data join', {
    out: Flags.string({ summary: 'File to write.', required: true, helpValue: 'FILE.jsonl' }),
  });

  protected async work(
    { datasets: paths }: ArgumentsOf<typeof DataJoin>,
    { out }: OptionsOf<typeof DataJoin>,
  ): Promise<JoinReport> {
    const { joinDatasets } = await import('@rewardedit/data');
    const counts = await joinDatasets(paths, out);
    const triplets = counts.reduce((sum, count) => sum + count, 0);
    this.log(`${out} has ${triplets} triplets of ${paths.length} datasets.`);
    this.suggestNext(await nextForDataset(out));
    return { out, datasets: paths.map((path, i) => ({ path, triplets: counts[i] })), triplets };
  }
}
