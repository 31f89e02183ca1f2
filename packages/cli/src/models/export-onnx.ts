import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WrittenModel } from '@rewardedit/backend-onnx';
import type { PictureSize } from '@rewardedit/data';
import type { EditModelOptions, Precision } from '@rewardedit/diffusion';
import { exportReadme } from './export-readme.ts';

export interface ExportOptions extends EditModelOptions {
  readonly precision: Precision;
  /** Size of the pictures; exported models have a fixed size and batch size. */
  readonly size: PictureSize;
  /** Batch size of the U-Net and the autoencoder, such as 3 for the branches of guidance. */
  readonly batch: number;
}

/** The models, by the paths of their files in the folder. */
export type ExportedModels = Readonly<Record<string, WrittenModel>>;

/**
 * Exports the networks of a model to a folder of ONNX models for any ONNX Runtime, with the tokenizer, the scheduler, and a README on
 * the inputs and outputs. The folder appears only once it is complete.
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
