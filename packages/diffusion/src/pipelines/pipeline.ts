import type { Picture } from '@rewardedit/data';
import type { Tensor, TensorData } from '@rewardedit/graph';
import type { Network, Tokenizer } from '@rewardedit/models';
import type { LanguageStateSource } from './language-states.ts';

/** A picture with what is to become of it. */
export interface Told {
  readonly picture: Picture;
  /** Not there where the network is told of no instruction. */
  readonly instruction: string | undefined;
}

/** What a U-Net is told of pictures and instructions. */
export interface Conditions {
  /** What it attends to, [B, tokens, width]. */
  readonly context: Tensor;
  /** What is added after its `conv_in`, [B, channels, h, w], where the pipeline has such a map. */
  readonly featureMap?: Tensor | undefined;
  /** The outputs of a Q-Former, whose spread tells whether it says anything, [B, tokens, width]. */
  readonly queries?: Tensor | undefined;
  /** Those of them that say something, zeros in the place of others: what is compared with a text encoder's states. */
  readonly said?: Tensor | undefined;
  /** What a decoder of the model's own says comes next, [B, positions, ids]; `nextIds` gives the labels. */
  readonly logits?: Tensor | undefined;
}

/** What the values of a pipeline's inputs are made with. */
export interface PipelineTools {
  readonly tokenizer: Tokenizer;
  /** Where the states of a language model come from that is no part of the model. */
  readonly states?: LanguageStateSource | undefined;
}

/** The way from (instruction, picture) to the U-Net's conditions. */
export interface Pipeline {
  /** Tokens of the context. */
  readonly tokens: number;
  /** Whether what is made of an instruction depends on the picture, so that it cannot be made once for each text. */
  readonly readsPictures: boolean;
  /** Where there is a feature map: whether samples that are told no instruction are given theirs. */
  readonly featureMap?: { readonly withoutText: boolean } | undefined;
  /**
   * Conditions for a batch, as graph over the inputs that `values` gives.
   *
   * @param latent height and width of what the U-Net works on.
   */
  conditions(
    network: Network,
    batch: number,
    latent: { readonly height: number; readonly width: number },
  ): Conditions;
  /** @throws RewardEditError where the states of a picture and instruction are needed and not there. */
  values(told: readonly Told[], tools: PipelineTools): Promise<Record<string, TensorData>>;
}
