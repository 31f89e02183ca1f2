import { Flags } from '@oclif/core';
import { examples } from '../../flags/examples.ts';
import { modelArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { askedSize, drawFlags } from '../../flags/draw-flags.ts';
import { outFlag, withVariables } from '../../flags/flags.ts';
import { editModelOptions, weightsFlags } from '../../flags/weights-flags.ts';
import type { ExportedModels } from '../../models/export-onnx.ts';

export type ModelExportReport = { readonly out: string; readonly models: ExportedModels };

export default class ModelExport extends BaseCommand<typeof ModelExport> {
  static override summary = 'Export a model to ONNX, for any ONNX Runtime.';

  static override description = `Writes a folder with the U-Net, the text encoder, and the encoder and decoder of the autoencoder as ONNX models of standard ops,
with the weights in separate files, the tokenizer, and a README that lists the inputs and outputs of each model. The models have a fixed
picture size and batch size.`;

  static override examples = examples({
    'For the three branches of guidance in one batch, in half precision':
      'models/instruct-pix2pix --size 512 --batch 3 --precision f16 --out exports/instruct-pix2pix',
    'A trained model with a LoRA file merged into it':
      'runs/edits/model --lora sketch.safetensors:0.5 --out exports/edits',
  });

  static override args = { model: modelArgument };

  static override flags = withVariables('model export', {
    out: outFlag('Folder to write.', 'FOLDER'),
    size: Flags.integer({
      summary: 'Picture size: pixels per side; by default the training resolution.',
      min: 1,
      max: 4096,
    }),
    batch: Flags.integer({ summary: 'Batch size: pictures, or branches of guidance.', min: 1, default: 1 }),
    precision: drawFlags.precision,
    ...weightsFlags,
  });

  protected async work(
    { model }: ArgumentsOf<typeof ModelExport>,
    options: OptionsOf<typeof ModelExport>,
  ): Promise<ModelExportReport> {
    const { openEditModel } = await import('@rewardedit/diffusion');
    const { exportOnnx } = await import('../../models/export-onnx.ts');
    const { out, batch, precision } = options;
    const opened = await openEditModel(model, editModelOptions(options));
    const asked = await askedSize(opened.model, options);
    const side = 'side' in asked ? asked.side : asked.resolution;
    const models = await exportOnnx(model, out, {
      ...editModelOptions(options),
      ...{ precision, batch, size: { width: side, height: side } },
    });
    this.log(`The models are in ${out}; its README.md describes their inputs and outputs.`);
    return { out, models };
  }
}
