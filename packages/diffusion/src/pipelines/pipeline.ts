import type { Picture } from '@rewardedit/data';
import type { Tensor, TensorData } from '@rewardedit/graph';
import type { Network, Tokenizer } from '@rewardedit/models';
import type { LanguageStateSource } from './language-states.ts';

/** A picture with its instruction. */
export interface PipelineSample {
  readonly picture: Picture;
  /** Undefined for a sample without an instruction. */
  readonly instruction: string | undefined;
}

/** The conditioning of a U-Net by pictures and instructions. */
export interface Conditions {
  /** Input of cross-attention, [B, tokens, width]. */
  readonly context: Tensor;
  /** Added after `conv_in`, [B, channels, h, w], if the pipeline has a feature map. */
  readonly featureMap?: Tensor | undefined;
  /** Outputs of a Q-Former, [B, tokens, width]; their spread shows whether they carry information. */
  readonly queries?: Tensor | undefined;
  /** The same with zeros for queries that do not stand for a word, to compare with a text encoder's states. */
  readonly said?: Tensor | undefined;
  /** Next-token logits of the model's own decoder, [B, positions, ids]; `nextIds` returns the labels. */
  readonly logits?: Tensor | undefined;
}

/** What a pipeline needs to compute the values of its inputs. */
export interface PipelineTools {
  readonly tokenizer: Tokenizer;
  /** Source of the states of an external language model. */
  readonly states?: LanguageStateSource | undefined;
}

/** Encodes instruction and picture as conditions of the U-Net. */
export interface Pipeline {
  /** Number of tokens of the context. */
  readonly tokens: number;
  /** Whether the context depends on the picture, so that it cannot be computed once per text. */
  readonly readsPictures: boolean;
  /** Set if there is a feature map: whether samples without an instruction get theirs. */
  readonly featureMap?: { readonly withoutText: boolean } | undefined;
  /**
   * Builds the conditions of a batch as a graph over the inputs of `values`.
   *
   * @param latent height and width of the U-Net's input.
   */
  conditions(
    network: Network,
    batch: number,
    latent: { readonly height: number; readonly width: number },
  ): Conditions;
  /** Computes the values of the inputs. Throws RewardEditError if states of a language model are needed and missing. */
  values(samples: readonly PipelineSample[], tools: PipelineTools): Promise<Record<string, TensorData>>;
}
