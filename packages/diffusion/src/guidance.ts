import { mul, reshape, sum, type Tensor } from '@rewardedit/graph';

/** How strongly a run is guided. 1 for text and picture, 0 for the reward mean: not at all. */
export interface GuidanceScales {
  /** InstructPix2Pix's s_T: away from what the network does without the instruction. */
  readonly textScale: number;
  /** InstructPix2Pix's s_I: away from what it does without the source picture. */
  readonly imageScale: number;
  /** w of (1 + w) F(asked) - w F(lowest): away from what it does when asked for the lowest scores. */
  readonly rewardScale: number;
  /** m of m (full - unmapped): away from what it does without SmartEdit's feature map. 0 unless given: not at all. */
  readonly mapScale?: number | undefined;
  /** First and last of the steps that are guided, counted from 1; all of them where it is not given. */
  readonly guidedSteps?: readonly [first: number, last: number] | undefined;
}

/** One run of the network among those that a guided step combines. */
export interface Branch {
  readonly name: string;
  readonly text: boolean;
  readonly image: boolean;
  /** Scores and feedback: those that are asked for, or the lowest. */
  readonly reward: 'asked' | 'lowest';
  /** Whether it is given SmartEdit's feature map, if the model gives one to branches with, or without, text. */
  readonly map: boolean;
  /** Its share in the sum; the shares of all branches add up to 1. */
  readonly weight: number;
}

/**
 * The branches of a guided step. InstructPix2Pix (arXiv 2211.09800, equation 3) and reward guidance (MIRO, arXiv 2510.25897):
 *
 *   guided = nothing + s_T (full - image) + s_I (image - nothing) + w (full - lowest) + m (full - unmapped),
 *
 * where `full` has text, picture and the asked reward, `lowest` the same with the lowest scores, and `unmapped` the same without
 * SmartEdit's feature map. It is a sum of five outputs; those whose share is zero are not computed. Without w every branch has the
 * same reward, as in the published code.
 */
export function guidanceBranches({
  textScale,
  imageScale,
  rewardScale,
  mapScale = 0,
}: GuidanceScales): Branch[] {
  const full = { name: 'full', text: true, image: true, reward: 'asked', map: true } as const;
  const branches: Branch[] = [
    { ...full, weight: textScale + rewardScale + mapScale },
    { ...full, name: 'image', text: false, weight: imageScale - textScale },
    { ...full, name: 'nothing', text: false, image: false, weight: 1 - imageScale },
    { ...full, name: 'lowest', reward: 'lowest', weight: -rewardScale },
    { ...full, name: 'unmapped', map: false, weight: -mapScale },
  ];
  return branches.filter(({ weight }) => weight !== 0);
}

/**
 * The branches of one step of a run, counted from 1: only `full` outside of `guidedSteps` (Kynkäänniemi et al., arXiv 2404.07724).
 */
export function branchesAt(scales: GuidanceScales, step: number): Branch[] {
  const [first, last] = scales.guidedSteps ?? [1, Infinity];
  const isGuided = first <= step && step <= last;
  return guidanceBranches(isGuided ? scales : { textScale: 1, imageScale: 1, rewardScale: 0 });
}

/**
 * The sum of the branches' outputs, each times its share: outputs [branches * N, ...], all samples of a branch together, and
 * weights [branches] give [N, ...].
 */
export function combineBranches(outputs: Tensor, weights: Tensor): Tensor {
  const [branches] = weights.shape;
  const [rows, ...rest] = outputs.shape;
  const apart = reshape(outputs, [branches, rows / branches, ...rest]);
  const weighted = mul(apart, reshape(weights, [branches, ...apart.shape.slice(1).map(() => 1)]));
  return reshape(sum(weighted, [0]), [rows / branches, ...rest]);
}
