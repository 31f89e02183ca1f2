import { Errors, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { AskedSize, EditModelConfig, EditSettings, Precision, SamplerName } from '@rewardedit/diffusion';
import { askedReward } from './asked-reward.ts';
import { numberFlag, seedFlag, type ValuesOf } from './flags.ts';

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

const GUIDANCE = 'Guidance';
const REWARD = 'Reward asked for';

/** Two numbers of steps with a hyphen between them, the first not behind the last. */
const guidedStepsFlag = Flags.custom<readonly [number, number]>({
  parse: async (input) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(input.trim())?.map(Number) ?? [];
    if (first >= 1 && first <= last) return [first, last];
    throw new Errors.CLIError(`Expected the first and the last step such as 2-7 but received: ${input}`);
  },
});

/** What is taken where nothing is said: for our own small models, and for InstructPix2Pix and its kin. */
function byModel(own: string, instructPix2Pix: string): string {
  return `[default: ${own}, for InstructPix2Pix models ${instructPix2Pix}]`;
}

/** The options that say how an edit is drawn. */
export const drawFlags = {
  seed: seedFlag(),
  steps: Flags.integer({
    summary: `Sampler steps. ${byModel('10', '50')}`,
    min: 1,
    max: 1000,
  }),
  sampler: Flags.option({
    summary: `Sampler: how noise becomes a picture. ${byModel('ddim', "the model's own scheduler")}`,
    options: SAMPLERS,
  })(),
  eta: numberFlag({ summary: 'Eta of ddim: the share of noise that it draws anew.', min: 0, max: 1 }),
  size: Flags.integer({
    summary:
      'Shorter side, in pixels, of the picture that the model makes, which is then the result, instead of one of the size of the original.',
    min: 1,
    max: 4096,
    exclusive: ['resolution'],
  }),
  resolution: Flags.integer({
    summary:
      'Longer side, in pixels, at which the model edits, rounded to what it can; the result is then resized. As it was trained by default.',
    min: 8,
    max: 8192,
  }),
  precision: Flags.option({
    summary:
      'Precision that networks store and multiply in; f16 takes less memory and, on most GPUs, less time.',
    options: PRECISIONS,
    default: 'f32' as const,
  })(),
  'text-guidance': numberFlag({
    summary: `How much to follow the instruction; 1 is not guided. ${byModel('1', '7.5')}`,
    helpGroup: GUIDANCE,
    min: 0,
  }),
  'image-guidance': numberFlag({
    summary: `How much to stay with the picture; 1 is not guided. ${byModel('1', '1.5')}`,
    helpGroup: GUIDANCE,
    min: 0,
  }),
  'reward-guidance': numberFlag({
    summary: `How much to keep away from what low scores would give; 0 is not guided. ${byModel('0.5', '0')}`,
    helpGroup: GUIDANCE,
    min: 0,
  }),
  'map-guidance': numberFlag({
    summary:
      'How much to keep away from what SmartEdit would do without its feature map; 0 is not guided. [default: 0]',
    helpGroup: GUIDANCE,
    min: 0,
  }),
  'guided-steps': guidedStepsFlag({
    summary: 'First and last step that are guided, counted from 1; all of them by default.',
    helpGroup: GUIDANCE,
    helpValue: 'FIRST-LAST',
  }),
  scores: Flags.string({
    summary: 'Scores to ask for: instruction following, detail preserving, generation quality.',
    helpGroup: REWARD,
    helpValue: 'F,P,Q',
    default: '5,5,5',
  }),
  feedback: Flags.string({
    summary:
      'Feedback to ask for: what failed from one perspective (following, preserving or quality); may be repeated.',
    helpGroup: REWARD,
    helpValue: 'PERSPECTIVE=TEXT',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

export type DrawOptions = Omit<ValuesOf<typeof drawFlags>, 'precision'>;

/**
 * What the options ask for, of a model that is opened later. Throws 'usage' for scores that are none; the result does for steps that
 * there are not, and for what the sampler does not have.
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
    throw new RewardEditError('usage', `there is no step ${guidedSteps[1]}: the sampler takes ${steps}`, {
      where: '--guided-steps',
      hint: `choose steps from 1 to ${steps}, or more --steps`,
    });
  }
  if (eta !== undefined && sampler !== 'ddim') {
    throw new RewardEditError('usage', `the sampler ${sampler} has no eta`, {
      where: '--eta',
      hint: 'leave it out, or choose --sampler ddim',
    });
  }
}

/**
 * At what size a model edits: as asked, or as it was trained, which for InstructPix2Pix and its kin is the resolution of its own resize
 * rule. Throws 'usage' where the model cannot do it.
 */
export async function askedSize(
  model: EditModelConfig,
  { size, resolution }: Pick<DrawOptions, 'size' | 'resolution'>,
): Promise<AskedSize> {
  const { sizeMultiple, trainedSide, worksOnPixels } = await import('@rewardedit/diffusion');
  if (resolution !== undefined) return { resolution };
  const side = size ?? trainedSide(model);
  if (side === undefined) {
    throw new RewardEditError('usage', 'the model does not say what size it was trained on', {
      where: '--resolution',
      hint: 'give the pixels of the longer side at which it is to edit, such as --resolution 512',
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
