import { Args, Flags } from '@oclif/core';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { architectureFlag } from '../../flags/weights-flags.ts';

const PRECISIONS = ['f32', 'f16', 'bf16'] as const;

export type ConvertedModel = { readonly model: string; readonly out: string };

export default class ModelConvert extends BaseCommand<typeof ModelConvert> {
  static override summary = 'Write a model in another layout or precision.';

  static override description = `From a folder in diffusers' layout to one file in the layout of Stable Diffusion's
own code (where --out ends in .safetensors), from such a file (.safetensors, .ckpt) to a folder, or from folder to folder in
another precision. A single file says nothing of the architecture, the tokenizer and the scheduler: --architecture names a folder
that does. Torch's files are read without running anything in them.`;

  static override examples = [
    {
      description: 'A download of InstructPix2Pix becomes a folder to train with',
      command:
        '<%= config.bin %> <%= command.id %> instruct-pix2pix.ckpt --architecture stable-diffusion-v1-5 --out models/instruct-pix2pix',
    },
    {
      description: 'A trained model in one file of half the size',
      command: '<%= config.bin %> <%= command.id %> runs/edits/model --out edits.safetensors --precision f16',
    },
  ];

  static override args = {
    model: Args.string({ description: 'Model folder or file.', required: true, ignoreStdin: true }),
  };

  static override flags = withVariables('model convert', {
    out: Flags.string({
      summary: 'Folder or .safetensors file to write.',
      required: true,
      helpValue: 'PATH',
    }),
    architecture: architectureFlag,
    precision: Flags.option({
      summary: 'Element type of the weights.',
      options: PRECISIONS,
      default: 'f32' as const,
    })(),
  });

  protected async work(
    { model }: ArgumentsOf<typeof ModelConvert>,
    { out, architecture, precision }: OptionsOf<typeof ModelConvert>,
  ): Promise<ConvertedModel> {
    const { existsSync } = await import('node:fs');
    const { RewardEditError } = await import('@rewardedit/core');
    const { openModel, rewriteModel, writeSingleFile } = await import('@rewardedit/models');
    if (existsSync(out)) {
      throw new RewardEditError('bad-input', 'there is something already', {
        where: out,
        hint: 'choose another name for the model',
      });
    }
    const opened = await openModel(model, { architecture });
    const write = out.toLowerCase().endsWith('.safetensors') ? writeSingleFile : rewriteModel;
    await write(opened, out, { precision });
    this.log(`The model is ${out}.`);
    return { model, out };
  }
}
