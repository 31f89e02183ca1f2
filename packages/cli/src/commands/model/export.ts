import { Flags } from '@oclif/core';
import { modelArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { askedSize, drawFlags } from '../../flags/draw-flags.ts';
import { withVariables } from '../../flags/flags.ts';
import { editModelOptions, weightsFlags } from '../../flags/weights-flags.ts';
import type { ExportedModels } from '../../models/export-onnx.ts';

export type ModelExportReport = { readonly out: string; readonly models: ExportedModels };

export default class ModelExport extends BaseCommand<typeof ModelExport> {
  static override summary = 'Write a model in ONNX, for any ONNX Runtime.';

  static override description = `Writes a folder with the U-Net, the text encoder and both halves of the autoencoder as ONNX models of
standard ops, with their weights in files beside them, the tokenizer, and a README that lists what each model takes and gives. The
models are for pictures of one size, and for so many at once.`;

  static override examples = [
    {
      description: 'For the three branches of guidance at once, in half precision',
      command:
        '<%= config.bin %> <%= command.id %> models/instruct-pix2pix --size 512 --batch 3 --precision f16 --out exports/instruct-pix2pix',
    },
    {
      description: 'A model that was trained here, with a LoRA file merged into it',
      command:
        '<%= config.bin %> <%= command.id %> runs/edits/model --lora sketch.safetensors:0.5 --out exports/edits',
    },
  ];

  static override args = {
    model: modelArgument,
  };

  static override flags = withVariables('model export', {
    out: Flags.string({ summary: 'Folder to write.', required: true, helpValue: 'FOLDER' }),
    size: Flags.integer({
      summary: 'Pixels a side of the pictures; as the model was trained by default.',
      min: 1,
      max: 4096,
    }),
    batch: Flags.integer({ summary: 'Pictures, or branches of guidance, at once.', min: 1, default: 1 }),
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
    this.log(`The models are in ${out}; its README.md says what they take.`);
    return { out, models };
  }
}
