/** How strongly a run is guided. 1 for text and picture, 0 for the reward mean: not at all. */
export interface GuidanceScales {
  /** InstructPix2Pix's s_T: away from what the network does without the instruction. */
  readonly textScale: number;
  /** InstructPix2Pix's s_I: away from what it does without the source picture. */
  readonly imageScale: number;
  /** w of (1 + w) F(asked) - w F(lowest): away from what it does when asked for the lowest scores. */
  readonly rewardScale: number;
}

/** One run of the network among those that a guided step combines. */
export interface Branch {
  readonly name: string;
  readonly text: boolean;
  readonly image: boolean;
  readonly reward: 'asked' | 'lowest';
  /** Its share in the sum; the shares of all branches add up to 1. */
  readonly weight: number;
}

/**
 * The branches of a guided step. InstructPix2Pix (arXiv 2211.09800, equation 3) and reward guidance (MIRO, arXiv 2510.25897):
 *
 *   guided = nothing + s_T (full - image) + s_I (image - nothing) + w (full - lowest),
 *
 * where `full` has text, picture and the asked reward, and `lowest` the same with the lowest scores. It is a sum of four outputs;
 * those whose share is zero are not computed.
 */
export function guidanceBranches({ textScale, imageScale, rewardScale }: GuidanceScales): Branch[] {
  const branches: Branch[] = [
    { name: 'full', text: true, image: true, reward: 'asked', weight: textScale + rewardScale },
    { name: 'image', text: false, image: true, reward: 'asked', weight: imageScale - textScale },
    { name: 'nothing', text: false, image: false, reward: 'asked', weight: 1 - imageScale },
    { name: 'lowest', text: true, image: true, reward: 'lowest', weight: -rewardScale },
  ];
  return branches.filter(({ weight }) => weight !== 0);
}

/** The weighted sum of the branches' outputs, in their order. */
export function combine(outputs: readonly Float32Array[], branches: readonly Pick<Branch, 'weight'>[]): Float32Array {
  return outputs[0].map((_, i) =>
    outputs.reduce((total, output, branch) => total + branches[branch].weight * output[i], 0),
  );
}
