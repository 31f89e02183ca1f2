import { Errors, Flags } from '@oclif/core';
import type { EditModelConfig, EditSettings, SamplerName } from '@rewardedit/diffusion';
import { askedReward } from './asked-reward.ts';
import { numberFlag, seedFlag } from './flags.ts';

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

const GUIDANCE = 'guidance';
const REWARD = 'reward';

/** Two numbers of steps with a hyphen between them, the first not behind the last. */
const guidedStepsFlag = Flags.custom<readonly [number, number]>({
  parse: async (input) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(input.trim())?.map(Number) ?? [];
    if (first >= 1 && first <= last) return [first, last];
    throw new Errors.CLIError(`Expected the first and the last step such as 2-7 but received: ${input}`);
  },
});

/** The options that say how an edit is drawn. */
export const drawFlags = {
  seed: seedFlag(),
  steps: Flags.integer({ summary: 'Steps of the sampler.', default: 10, min: 1, max: 1000 }),
  sampler: Flags.option({
    summary: 'How noise becomes a picture.',
    options: SAMPLERS,
    default: 'ddim' as const,
  })(),
  size: Flags.integer({
    summary: "Pixels of the result's shorter side; as the model was trained unless told.",
    min: 1,
    max: 4096,
  }),
  'text-guidance': numberFlag({
    summary: 'How much to follow the instruction; 1 is not guided.',
    helpGroup: GUIDANCE,
    default: 1,
    min: 0,
  }),
  'image-guidance': numberFlag({
    summary: 'How much to stay with the picture; 1 is not guided.',
    helpGroup: GUIDANCE,
    default: 1,
    min: 0,
  }),
  'reward-guidance': numberFlag({
    summary: 'How much to keep away from what low scores would give; 0 is not guided.',
    helpGroup: GUIDANCE,
    default: 0.5,
    min: 0,
  }),
  'guided-steps': guidedStepsFlag({
    summary: 'First and last step that are guided, counted from 1; all of them unless told.',
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
    summary: 'What is to fail in one perspective (following, preserving or quality); may be repeated.',
    helpGroup: REWARD,
    helpValue: 'PERSPECTIVE=TEXT',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

export type DrawOptions = {
  readonly seed: number;
  readonly steps: number;
  readonly sampler: SamplerName;
  readonly size?: number | undefined;
  readonly 'text-guidance': number;
  readonly 'image-guidance': number;
  readonly 'reward-guidance': number;
  readonly 'guided-steps'?: readonly [number, number] | undefined;
  readonly scores: string;
  readonly feedback?: readonly string[] | undefined;
};

/** What the options ask for. Throws 'usage' for scores that are none, and steps that there are not. */
export async function drawSettings(options: DrawOptions): Promise<EditSettings> {
  await assertGuidedSteps(options);
  const { seed, steps, sampler, scores, feedback = [] } = options;
  return {
    seed,
    steps,
    sampler,
    reward: await askedReward(scores, feedback),
    textScale: options['text-guidance'],
    imageScale: options['image-guidance'],
    rewardScale: options['reward-guidance'],
    guidedSteps: options['guided-steps'],
  };
}

/** Throws 'usage' where steps are to be guided that there are not. */
async function assertGuidedSteps({ steps, 'guided-steps': guided }: DrawOptions): Promise<void> {
  if (guided === undefined || guided[1] <= steps) return;
  const { RewardEditError } = await import('@rewardedit/core');
  throw new RewardEditError('usage', `there is no step ${guided[1]}: the sampler takes ${steps}`, {
    where: '--guided-steps',
    hint: `choose steps from 1 to ${steps}, or more --steps`,
  });
}

/** The shorter side of the result: as asked, or as the model was trained. Throws 'usage' where the model cannot do it. */
export async function shorterSide(model: EditModelConfig, asked: number | undefined): Promise<number> {
  const { sizeMultiple, trainedSide } = await import('@rewardedit/diffusion');
  const { RewardEditError } = await import('@rewardedit/core');
  const side = asked ?? trainedSide(model);
  if (side === undefined) {
    throw new RewardEditError('usage', 'the model does not say what size it was trained on', {
      where: '--size',
      hint: 'give the pixels of the shorter side of the result, such as --size 64',
    });
  }
  const multiple = sizeMultiple(model);
  if (side % multiple !== 0) {
    const nearest = Math.max(multiple, Math.round(side / multiple) * multiple);
    throw new RewardEditError('usage', `the model cannot make pictures of ${side} pixels a side`, {
      where: '--size',
      hint: `choose a multiple of ${multiple}, such as ${nearest}`,
    });
  }
  return side;
}
