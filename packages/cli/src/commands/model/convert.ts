import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { examples } from '../../flags/examples.ts';
import { modelArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { outFlag, withVariables } from '../../flags/flags.ts';
import { architectureFlag } from '../../flags/weights-flags.ts';
import { assertFree } from '../../models/assert-free.ts';

const PRECISIONS = ['f32', 'f16', 'bf16'] as const;
const SMARTEDIT = "SmartEdit's checkpoint";

export type ConvertedModel = { readonly model: string; readonly out: string };

export default class ModelConvert extends BaseCommand<typeof ModelConvert> {
  static override summary = 'Convert a model to another layout or precision.';

  static override description = `Converts a folder in diffusers' layout to one file in the layout of Stable Diffusion's own code (if --out ends in .safetensors), such
a file (.safetensors, .ckpt) to a folder, or a folder to a folder with another precision. A single file does not contain the architecture,
the tokenizer and the scheduler: --architecture names a folder that does. Reading a PyTorch file never runs code in it.

SmartEdit's published checkpoint is converted to a folder with --architecture (a folder of Stable Diffusion 1.5), --vision and --prompt;
its language model is not converted (see docs/smartedit.md).`;

  static override examples = examples({
    'A download of InstructPix2Pix to a folder for training':
      'instruct-pix2pix.ckpt --architecture stable-diffusion-v1-5 --out models/instruct-pix2pix',
    'A trained model to a single file of half the size':
      'runs/edits/model --out edits.safetensors --precision f16',
  });

  static override args = { model: modelArgument };

  static override flags = withVariables('model convert', {
    out: outFlag('Folder or .safetensors file to write.', 'PATH'),
    architecture: architectureFlag,
    vision: Flags.string({
      summary: "Folder of CLIP's vision tower in transformers' layout, for SmartEdit's checkpoint.",
      helpGroup: SMARTEDIT,
      helpValue: 'FOLDER',
    }),
    prompt: Flags.string({
      summary:
        "Text file with the prompt of SmartEdit's language model, up to the image tokens, with {instruction} as the placeholder.",
      helpGroup: SMARTEDIT,
      helpValue: 'FILE',
    }),
    precision: Flags.option({
      summary: 'Precision of the weights.',
      options: PRECISIONS,
      default: 'f32' as const,
    })(),
  });

  protected async work(
    { model }: ArgumentsOf<typeof ModelConvert>,
    { out, architecture, precision, vision, prompt }: OptionsOf<typeof ModelConvert>,
  ): Promise<ConvertedModel> {
    const { convertSmartEdit, isPublishedSmartEdit, openModel, rewriteModel, writeSingleFile } =
      await import('@rewardedit/models');
    assertFree(out);
    if (isPublishedSmartEdit(model)) {
      const [base, tower, promptFile] = needed({ architecture, vision, prompt });
      const text = (await readFile(promptFile, 'utf8')).replace(/\r?\n$/, '');
      await convertSmartEdit(model, out, {
        ...{ base: await openModel(base), vision: tower, prompt: text, precision },
      });
      this.log(`The model is ${out}. It reads language-model states; compute them with \`data states\`.`);
      return { model, out };
    }
    const opened = await openModel(model, { architecture });
    const write = out.toLowerCase().endsWith('.safetensors') ? writeSingleFile : rewriteModel;
    await write(opened, out, { precision });
    this.log(`The model is ${out}.`);
    return { model, out };
  }
}

/** The options that SmartEdit's checkpoint requires. Throws 'usage' for a missing one. */
function needed(named: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(named).map(([name, value]) => {
    if (value !== undefined) return value;
    throw new RewardEditError('usage', `converting SmartEdit's checkpoint requires --${name}`, {
      where: `--${name}`,
      hint: '`rewardedit model convert --help` describes it',
    });
  });
}
