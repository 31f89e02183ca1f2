import { mul, reshape, sum, type Tensor } from '@rewardedit/graph';

/** Guidance scales. 1 for text and picture and 0 for reward and feature map mean no guidance. */
export interface GuidanceScales {
  /** InstructPix2Pix's s_T: away from the prediction without the instruction. */
  readonly textScale: number;
  /** InstructPix2Pix's s_I: away from the prediction without the source picture. */
  readonly imageScale: number;
  /** w in (1 + w) F(asked) - w F(lowest): away from the prediction for the lowest scores. */
  readonly rewardScale: number;
  /** m in m (full - unmapped): away from the prediction without SmartEdit's feature map. 0 by default. */
  readonly mapScale?: number | undefined;
  /** First and last guided step, counted from 1; all steps by default. */
  readonly guidedSteps?: readonly [first: number, last: number] | undefined;
}

/** One evaluation of the network, of those that a guided step combines. */
export interface Branch {
  readonly name: string;
  readonly text: boolean;
  readonly image: boolean;
  /** Whether it is conditioned on the requested scores and feedback, or on the lowest scores. */
  readonly reward: 'asked' | 'lowest';
  /** Whether it gets SmartEdit's feature map; the pipeline decides whether branches without text get one. */
  readonly map: boolean;
  /** Its weight in the sum; the weights of all branches add up to 1. */
  readonly weight: number;
}

/**
 * Returns the branches of a guided step: classifier-free guidance of InstructPix2Pix (arXiv 2211.09800, equation 3) and reward guidance
 * (MIRO, arXiv 2510.25897):
 *
 *   guided = nothing + s_T (full - image) + s_I (image - nothing) + w (full - lowest) + m (full - unmapped),
 *
 * where `full` has text, picture and the requested reward, `lowest` has the lowest scores instead, and `unmapped` lacks SmartEdit's feature
 * map. Branches with weight 0 are not evaluated. With w = 0 every branch has the same reward, as in the published code.
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

/** Returns the branches of a step, counted from 1: only `full` outside of `guidedSteps` (Kynkäänniemi et al., arXiv 2404.07724). */
export function branchesAt(scales: GuidanceScales, step: number): Branch[] {
  const [first, last] = scales.guidedSteps ?? [1, Infinity];
  const isGuided = first <= step && step <= last;
  return guidanceBranches(isGuided ? scales : { textScale: 1, imageScale: 1, rewardScale: 0 });
}

/** Returns the weighted sum of the branches' outputs, [N, ...], from outputs [branches * N, ...], grouped by branch, and weights [branches]. */
export function combineBranches(outputs: Tensor, weights: Tensor): Tensor {
  const [branches] = weights.shape;
  const [rows, ...rest] = outputs.shape;
  const apart = reshape(outputs, [branches, rows / branches, ...rest]);
  const weighted = mul(apart, reshape(weights, [branches, ...apart.shape.slice(1).map(() => 1)]));
  return reshape(sum(weighted, [0]), [rows / branches, ...rest]);
}
