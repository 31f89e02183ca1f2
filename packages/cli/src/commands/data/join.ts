import { examples } from '../../flags/examples.ts';
import { severalArguments } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { outFlag, withVariables } from '../../flags/flags.ts';
import { nextForDataset } from '../../output/next-command.ts';

export type JoinReport = {
  readonly out: string;
  readonly datasets: readonly { readonly path: string; readonly triplets: number }[];
  readonly triplets: number;
};

export default class DataJoin extends BaseCommand<typeof DataJoin> {
  static override summary = 'Join several datasets, to train on all of them.';

  static override description = `Writes a .jsonl file that lists the triplets of all given datasets, one after another. It must be in a folder above theirs and
copies no pictures; every command accepts it in place of a folder. Training shuffles the triplets. Ids must be unique, as they are in
datasets generated with different seeds.`;

  static override examples = examples({
    'Scenes and photos together': 'data/scenes data/photos --out data/mixed.jsonl',
    'Photos from two folders': 'data/mine data/theirs --out data/photos.jsonl --json',
  });

  static override args = {
    datasets: severalArguments('Dataset folders, or .jsonl files in the same format.'),
  };

  static override flags = withVariables('data join', {
    out: outFlag('File to write.', 'FILE.jsonl'),
  });

  protected async work(
    { datasets: paths }: ArgumentsOf<typeof DataJoin>,
    { out }: OptionsOf<typeof DataJoin>,
  ): Promise<JoinReport> {
    const { joinDatasets } = await import('@rewardedit/data');
    const counts = await joinDatasets(paths, out);
    const triplets = counts.reduce((sum, count) => sum + count, 0);
    this.log(`${out} has ${triplets} triplets from ${paths.length} datasets.`);
    this.suggestNext(await nextForDataset(out));
    return { out, datasets: paths.map((path, i) => ({ path, triplets: counts[i] })), triplets };
  }
}
