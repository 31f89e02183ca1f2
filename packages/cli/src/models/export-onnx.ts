import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WrittenModel } from '@rewardedit/backend-onnx';
import type { PictureSize } from '@rewardedit/data';
import type { EditModelOptions, Precision } from '@rewardedit/diffusion';
import { exportReadme } from './export-readme.ts';

export interface ExportOptions extends EditModelOptions {
  readonly precision: Precision;
  /** Of the pictures that are edited; models have one size, and one batch. */
  readonly size: PictureSize;
  /** Of the U-Net and the autoencoder: 3 for the branches of guidance together. */
  readonly batch: number;
}

/** What was written, by the path of its file in the folder. */
export type ExportedModels = Readonly<Record<string, WrittenModel>>;

/**
 * Writes the networks of a model as a folder of ONNX models, which any ONNX Runtime runs, with the tokenizer, the scheduler, and a
 * README that says what each takes. It appears whole or not at all.
 */
export async function exportOnnx(
  model: string,
  out: string,
  options: ExportOptions,
): Promise<ExportedModels> {
  const { writeOnnxModels } = await import('@rewardedit/backend-onnx');
  const { writeFolderAtomic } = await import('@rewardedit/core');
  const { editModelConfig, exportedNetworks, openEditWeights } = await import('@rewardedit/diffusion');
  const { openModel, writeTokenizer } = await import('@rewardedit/models');
  const opened = await openModel(model, options);
  const config = editModelConfig(opened);
  const folders = Object.entries(exportedNetworks(config, options));
  const weights = await openEditWeights(opened, options.loras);
  const written: Record<string, WrittenModel> = {};
  try {
    await writeFolderAtomic(out, async (folder) => {
      for (const [name, networks] of folders) {
        await mkdir(join(folder, name));
        const models = await writeOnnxModels(join(folder, name), networks, weights.read);
        for (const [file, ports] of Object.entries(models)) written[`${name}/${file}.onnx`] = ports;
      }
      const { batch, precision, size } = options;
      const { space, tokens, unet } = config;
      const about = {
        ...{
          batch,
          precision,
          ...size,
          tokens,
          latentChannels: space.channels,
          pixelsPerLatent: space.multiple,
        },
        scheduler: opened.scheduler,
        ...(unet.reward && { reward: unet.reward }),
      };
      await mkdir(join(folder, 'tokenizer'));
      await writeTokenizer(join(folder, 'tokenizer'), opened.tokenizer.files);
      await writeFile(join(folder, 'config.json'), `${JSON.stringify(about, null, 2)}\n`);
      await writeFile(join(folder, 'README.md'), exportReadme(written, { ...options, config }));
    });
  } finally {
    await weights.close();
  }
  return written;
}
