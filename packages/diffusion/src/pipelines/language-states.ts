import type { Picture } from '@rewardedit/data';

/**
 * Where the states of a language model come from that is no part of the model that is trained: a store that was filled before, or an
 * ONNX export of it. Whoever implements this computes each once.
 */
export interface LanguageStateSource {
  /** The language model and the SHA-256 of the template, as the states were made with. */
  readonly model: string;
  readonly template: string;
  /**
   * The states at the image tokens, [positions, width] flat.
   *
   * @throws RewardEditError where there are none for this picture and instruction.
   */
  statesOf(told: { readonly picture: Picture; readonly instruction: string }): Promise<Float32Array>;
}
