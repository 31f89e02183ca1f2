import { examples } from '../../flags/examples.ts';
import { modelArgument, requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { numberFlag, outFlag, withVariables } from '../../flags/flags.ts';
import { architectureFlag } from '../../flags/weights-flags.ts';
import { assertFree } from '../../models/assert-free.ts';
import type { ConvertedModel } from './convert.ts';

export default class ModelMergeLora extends BaseCommand<typeof ModelMergeLora> {
  static override summary = 'Merge a LoRA file into the weights of a model.';

  static override description = `Reads a LoRA file in a layout that diffusers' load_lora_weights accepts (PEFT's names, diffusers' older ones, those of kohya's
scripts), adds it to the weights of the U-Net and the text encoder, and writes the model as a folder that no longer needs the file. A LoRA
layer without matching weights in the model is an error that names the layer.`;

  static override examples = examples({
    'A LoRA file from a training run':
      'models/instruct-pix2pix runs/lora/pytorch_lora_weights.safetensors --out models/merged',
    'At half strength': 'models/instruct-pix2pix sketch.safetensors --strength 0.5 --out models/sketch',
  });

  static override args = {
    model: modelArgument,
    lora: requiredArgument('LoRA file.'),
  };

  static override flags = withVariables('model merge-lora', {
    out: outFlag('Folder to write.', 'FOLDER'),
    strength: numberFlag({ summary: 'Strength of the LoRA file; 1 is as trained.', default: 1 }),
    architecture: architectureFlag,
  });

  protected async work(
    { model, lora }: ArgumentsOf<typeof ModelMergeLora>,
    { out, strength, architecture }: OptionsOf<typeof ModelMergeLora>,
  ): Promise<ConvertedModel> {
    const { openModel, rewriteModel } = await import('@rewardedit/models');
    assertFree(out);
    const opened = await openModel(model, { architecture });
    await rewriteModel(opened, out, { loras: [{ path: lora, strength }] });
    this.log(`The model is ${out}.`);
    return { model, out };
  }
}
