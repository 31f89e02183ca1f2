import { Errors, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { AskedSize, EditModelConfig, EditSettings, Precision, SamplerName } from '@rewardedit/diffusion';
import { askedReward } from './asked-reward.ts';
import { inGroup, numberFlag, repeatable, seedFlag, type ValuesOf } from './flags.ts';

const SAMPLERS = [
  'ddim',
  'ddpm',
  'pndm',
  'euler',
  'euler-karras',
  'euler-ancestral',
  'dpmpp-2m',
  'dpmpp-2m-karras',
] as const satisfies readonly SamplerName[];

const PRECISIONS = ['f32', 'f16'] as const satisfies readonly Precision[];

/** Parses `2-7`, the first and the last step. */
const guidedStepsFlag = Flags.custom<readonly [number, number]>({
  parse: async (input) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(input.trim())?.map(Number) ?? [];
    if (first >= 1 && first <= last) return [first, last];
    throw new Errors.CLIError(`Expected the first and the last step such as 2-7 but received: ${input}`);
  },
});

/** The defaults of this project's small models, and of InstructPix2Pix models. */
function byModel(own: string, instructPix2Pix: string): string {
  return `[default: ${own}, for InstructPix2Pix models ${instructPix2Pix}]`;
}

/** How the sampler draws an edit. */
export const drawFlags = {
  seed: seedFlag(),
  steps: Flags.integer({ summary: `Sampler steps. ${byModel('10', '50')}`, min: 1, max: 1000 }),
  sampler: Flags.option({
    summary: `Sampler. ${byModel('ddim', "the model's own scheduler")}`,
    options: SAMPLERS,
  })(),
  eta: numberFlag({ summary: 'Eta of the ddim sampler: share of fresh noise in each step.', min: 0, max: 1 }),
  size: Flags.integer({
    summary:
      "Output the model's own picture, with this many pixels on its shorter side, instead of one of the original's size.",
    min: 1,
    max: 4096,
    exclusive: ['resolution'],
  }),
  resolution: Flags.integer({
    summary:
      "Longer side, in pixels, at which the model edits, rounded to a size it supports; the result is resized to the original's size. By default the training resolution.",
    min: 8,
    max: 8192,
  }),
  precision: Flags.option({
    summary:
      'Precision in which networks are stored and multiplied; f16 takes less memory and, on most GPUs, less time.',
    options: PRECISIONS,
    default: 'f32' as const,
  })(),
  ...inGroup('Guidance', {
    'text-guidance': numberFlag({
      summary: `Text guidance scale: how closely to follow the instruction; 1 is no guidance. ${byModel('1', '7.5')}`,
      min: 0,
    }),
    'image-guidance': numberFlag({
      summary: `Image guidance scale: how closely to keep to the original; 1 is no guidance. ${byModel('1', '1.5')}`,
      min: 0,
    }),
    'reward-guidance': numberFlag({
      summary: `Reward guidance scale: how far to steer away from low scores; 0 is no guidance. ${byModel('0.5', '0')}`,
      min: 0,
    }),
    'map-guidance': numberFlag({
      summary:
        'Feature-map guidance scale of SmartEdit: how far to steer away from an edit without the feature map; 0 is no guidance. [default: 0]',
      min: 0,
    }),
    'guided-steps': guidedStepsFlag({
      summary: 'First and last step with guidance, counted from 1; all steps by default.',
      helpValue: 'FIRST-LAST',
    }),
  }),
  ...inGroup('Reward', {
    scores: Flags.string({
      summary:
        'Scores to ask for: instruction following, detail preserving, generation quality, each from 0 to 5; "-" leaves one out.',
      helpValue: 'F,P,Q',
      default: '5,5,5',
    }),
    feedback: Flags.string({
      summary:
        'Feedback to ask for: what failed from one perspective (following, preserving or quality); repeatable.',
      helpValue: 'PERSPECTIVE=TEXT',
      ...repeatable,
    }),
  }),
};

export type DrawOptions = Omit<ValuesOf<typeof drawFlags>, 'precision'>;

/**
 * Checks the scores and the feedback, and returns a function that resolves to the settings for a model. Throws 'usage' for invalid
 * scores or feedback; the function does for guided steps beyond the last step, and for an eta that the sampler does not have.
 */
export async function drawSettings(
  options: DrawOptions,
): Promise<(model: EditModelConfig) => Promise<EditSettings>> {
  const reward = await askedReward(options.scores, options.feedback ?? []);
  return async (model) => {
    const { defaultEditSettings } = await import('@rewardedit/diffusion');
    const { steps, sampler, eta, 'guided-steps': guidedSteps } = options;
    const defaults = defaultEditSettings(model);
    const settings = {
      seed: options.seed,
      steps: steps ?? defaults.steps,
      sampler: sampler ?? defaults.sampler,
      eta,
      reward,
      textScale: options['text-guidance'] ?? defaults.textScale,
      imageScale: options['image-guidance'] ?? defaults.imageScale,
      rewardScale: options['reward-guidance'] ?? defaults.rewardScale,
      mapScale: options['map-guidance'],
      guidedSteps,
    };
    assertDrawable(settings);
    return settings;
  };
}

function assertDrawable({ steps, sampler, eta, guidedSteps }: EditSettings): void {
  if (guidedSteps !== undefined && guidedSteps[1] > steps) {
    throw new RewardEditError(
      'usage',
      `there is no step ${guidedSteps[1]}: the sampler runs ${steps} steps`,
      {
        where: '--guided-steps',
        hint: `choose guided steps from 1 to ${steps}, or raise --steps`,
      },
    );
  }
  if (eta !== undefined && sampler !== 'ddim') {
    throw new RewardEditError('usage', `the sampler ${sampler} has no eta`, {
      where: '--eta',
      hint: 'omit --eta, or choose --sampler ddim',
    });
  }
}

/**
 * The size at which a model edits: `size` or `resolution` if given, otherwise the one it was trained at, which for InstructPix2Pix
 * models is the resolution of their resize rule. Throws 'usage' if the model does not support it.
 */
export async function askedSize(
  model: EditModelConfig,
  { size, resolution }: Pick<DrawOptions, 'size' | 'resolution'>,
): Promise<AskedSize> {
  const { sizeMultiple, trainedSide, worksOnPixels } = await import('@rewardedit/diffusion');
  if (resolution !== undefined) return { resolution };
  const side = size ?? trainedSide(model);
  if (side === undefined) {
    throw new RewardEditError('usage', 'the model does not record its training resolution', {
      where: '--resolution',
      hint: 'set the longer side in pixels at which to edit, such as --resolution 512',
    });
  }
  if (size === undefined && !worksOnPixels(model)) return { resolution: side };
  const multiple = sizeMultiple(model);
  if (side % multiple !== 0) {
    const nearest = Math.max(multiple, Math.round(side / multiple) * multiple);
    throw new RewardEditError('usage', `the model cannot make pictures of ${side} pixels a side`, {
      where: '--size',
      hint: `choose a multiple of ${multiple}, such as ${nearest}`,
    });
  }
  return { side };
}
