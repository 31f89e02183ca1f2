import { Errors, Flags } from '@oclif/core';
import type { EditModelOptions, Precision } from '@rewardedit/diffusion';
import type { ValuesOf } from './flags.ts';

const WEIGHTS = 'Weights';

/** A file, and behind a colon how strongly it acts: `sketch.safetensors:0.5`. */
const loraFlag = Flags.custom<{ readonly path: string; readonly strength: number }>({
  parse: async (input) => {
    const [, path, said] = /^(.*?)(?::([^:/\\]*))?$/s.exec(input)!;
    const strength = said === undefined ? 1 : Number(said);
    if (path !== '' && said !== '' && Number.isFinite(strength)) return { path, strength };
    throw new Errors.CLIError(
      `Expected a LoRA file, and behind a colon a number such as 0.5, but received: ${input}`,
    );
  },
});

/** The folder that says of a model in one file what the file does not. */
export const architectureFlag = Flags.string({
  summary:
    'Folder of the same architecture, where the model is one file: its configurations, tokenizer and scheduler; the folder that the file is in by default.',
  helpGroup: WEIGHTS,
  helpValue: 'FOLDER',
});

/** The options of commands that edit: what weights there are beside the model's own, and how they are kept. */
export const weightsFlags = {
  architecture: architectureFlag,
  lora: loraFlag({
    summary:
      'LoRA file to merge into the weights, as strongly as trained or times a factor; may be repeated.',
    helpGroup: WEIGHTS,
    helpValue: 'FILE[:FACTOR]',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

export type WeightsOptions = ValuesOf<typeof weightsFlags> & { readonly precision: Precision };

/** What the options ask for, as models are opened with it. */
export function editModelOptions({ precision, architecture, lora }: WeightsOptions): EditModelOptions {
  return { precision, architecture, loras: lora };
}
