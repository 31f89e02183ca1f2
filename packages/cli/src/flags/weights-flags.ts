import { Errors, Flags } from '@oclif/core';
import type { EditModelOptions, Precision } from '@rewardedit/diffusion';
import { inGroup, repeatable, type ValuesOf } from './flags.ts';

/** A LoRA file, optionally with its strength after a colon: `sketch.safetensors:0.5`. */
const loraFlag = Flags.custom<{ readonly path: string; readonly strength: number }>({
  parse: async (input) => {
    const [, path, said] = /^(.*?)(?::([^:/\\]*))?$/s.exec(input)!;
    const strength = said === undefined ? 1 : Number(said);
    if (path !== '' && said !== '' && Number.isFinite(strength)) return { path, strength };
    throw new Errors.CLIError(
      `Expected a LoRA file, optionally with a number after a colon such as :0.5, but received: ${input}`,
    );
  },
});

/** A folder that supplies what a single-file model does not contain. */
export const architectureFlag = Flags.string({
  summary:
    'For a model in one file: a model folder of the same architecture, for its configurations, tokenizer and scheduler; by default the folder that the file is in.',
  helpGroup: 'Weights',
  helpValue: 'FOLDER',
});

/** The options of commands that edit: weights besides the model's own. */
export const weightsFlags = inGroup('Weights', {
  architecture: architectureFlag,
  lora: loraFlag({
    summary: 'LoRA file to merge into the weights, optionally scaled by a factor; repeatable.',
    helpValue: 'FILE[:FACTOR]',
    ...repeatable,
  }),
});

export type WeightsOptions = ValuesOf<typeof weightsFlags> & { readonly precision: Precision };

/** Converts the options to those of `openEditModel`. */
export function editModelOptions({ precision, architecture, lora }: WeightsOptions): EditModelOptions {
  return { precision, architecture, loras: lora };
}
