import { existsSync } from 'node:fs';
import { Args, Flags } from '@oclif/core';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../base-command.ts';
import { datasetSummary, type MadeDataset } from '../../dataset-summary.ts';
import { faultRateFlag, numberFlag, seedFlag, withVariables } from '../../flags.ts';
import { shellWord } from '../../shell-word.ts';
import { PHOTO_SPLITS, isInSplit } from '../../photo-split.ts';

export default class DataPhotoEdits extends BaseCommand<typeof DataPhotoEdits> {
  static override summary = 'Make computed edits of your photos, with instructions and known faults.';

  static override description = `Takes squares out of the photos in a folder and writes a dataset folder of triplets
(instruction, original, edited) whose edits are computed, and whose every fault is known. The same photos and options give
the same files. A folder that was begun is continued; with a larger --count it grows.`;

  static override examples = [
    {
      description: 'Four thousand triplets, from all photos',
      command: '<%= config.bin %> <%= command.id %> ~/photos data/photos --count 4000',
    },
    {
      description: 'From half of the photos, so that the other half can measure what was learned',
      command:
        '<%= config.bin %> <%= command.id %> ~/photos data/photos --count 4000 --split train --held-out-share 0.5',
    },
    {
      description: 'From the other half, without faults',
      command:
        '<%= config.bin %> <%= command.id %> ~/photos data/held-out --count 200 --split held-out --held-out-share 0.5 --fault-rate 0',
    },
  ];

  static override args = {
    photos: Args.string({
      description: 'Folder of photos; its subfolders are not looked at.',
      required: true,
      ignoreStdin: true,
    }),
    out: Args.string({
      description: 'Dataset folder to make or continue.',
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = withVariables('data photo-edits', {
    count: Flags.integer({ summary: 'How many triplets.', default: 2000, min: 1 }),
    seed: seedFlag(),
    size: Flags.integer({ summary: 'Pixels a side.', default: 64, min: 16, max: 1024 }),
    'fault-rate': faultRateFlag(),
    split: Flags.option({
      summary: 'Which photos, decided by their file names.',
      options: PHOTO_SPLITS,
      default: 'all' as const,
    })(),
    'held-out-share': numberFlag({
      summary: 'Share of the photos that is held out, from 0 to 1.',
      default: 0.1,
      min: 0,
      max: 1,
    }),
  });

  protected async work(
    { photos, out }: ArgumentsOf<typeof DataPhotoEdits>,
    options: OptionsOf<typeof DataPhotoEdits>,
  ): Promise<MadeDataset> {
    const { writePhotoEdits } = await import('@rewardedit/data');
    const { count, seed, size, 'fault-rate': faultRate, split, 'held-out-share': heldOutShare } = options;
    const includes = (name: string) => isInSplit(name, split, heldOutShare);
    await this.beginRunBeside(out, !existsSync(out));
    const { written } = await this.longWork(
      { phase: 'Editing photos', unit: 'triplets', total: count },
      (emit, signal) =>
        writePhotoEdits({
          folder: out,
          photos,
          includes,
          count,
          seed,
          size,
          faultRate,
          signal,
          emit,
        }),
    );
    this.log(datasetSummary({ folder: out, count, written }));
    this.suggestNext(`annotate ${shellWord(out)}`);
    return { folder: out, count, written };
  }
}
