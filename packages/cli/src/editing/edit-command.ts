import { shellWord } from '@rewardedit/core/text';
import type { DrawOptions } from '../flags/draw-flags.ts';
import type { WeightsOptions } from '../flags/weights-flags.ts';
import { STARTER_NAME } from '../models/starter-model.ts';

export type EditCommand = {
  readonly model: string;
  readonly picture: string;
  readonly instruction: string;
  readonly out: string;
  readonly draw: DrawOptions;
  readonly lora?: WeightsOptions['lora'];
  readonly architecture?: string | undefined;
  readonly crop?: string | undefined;
  readonly precision?: string | undefined;
  readonly sweep?: readonly string[] | undefined;
};

/** The command line that makes an edit. */
export function editCommand(edit: EditCommand): string {
  const { model, picture, instruction, out, draw, lora = [], sweep = [] } = edit;
  const { feedback = [] } = draw;
  const options: readonly (readonly [string, string | number | undefined])[] = [
    ['model', model === STARTER_NAME ? undefined : model],
    ['architecture', edit.architecture],
    ...lora.map(({ path, strength }) => ['lora', strength === 1 ? path : `${path}:${strength}`] as const),
    ['out', out],
    ['scores', draw.scores],
    ...feedback.map((text) => ['feedback', text] as const),
    ['text-guidance', draw['text-guidance']],
    ['image-guidance', draw['image-guidance']],
    ['reward-guidance', draw['reward-guidance']],
    ['guided-steps', draw['guided-steps']?.join('-')],
    ['sampler', draw.sampler],
    ['eta', draw.eta],
    ['steps', draw.steps],
    ['seed', draw.seed],
    ['size', draw.size],
    ['resolution', draw.resolution],
    ['crop', edit.crop],
    ['precision', edit.precision],
    ...sweep.map((text) => ['sweep', text] as const),
  ];
  const words = options.flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, shellWord(String(value))],
  );
  // A word that starts with a hyphen would be parsed as an option.
  return ['rewardedit edit', ...words, '--', shellWord(picture), shellWord(instruction)].join(' ');
}
