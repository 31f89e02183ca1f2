import { float32Of, type TensorData } from '@rewardedit/graph';
import { TEXT_ENCODER } from '@rewardedit/diffusion';
import {
  bimConfigSchema,
  initialParameters,
  llamaConfigSchema,
  qformerConfigSchema,
  smartEditParameters,
  type SmartEditConfig,
  type WriteWeight,
} from '@rewardedit/models';

const IMAGE_TOKENS = 4;

/**
 * Returns a small SmartEdit for training from scratch: an image encoder of two convolutions, and a decoder of two layers over picture and
 * instruction. There is a query per word, which starts from the decoder's state of it; `docs/smartedit.md` has measurements.
 *
 * @param options.words maximum number of tokens in an instruction.
 * @param options.width inner width, that of the text encoder.
 * @param options.channels of the U-Net's first level.
 */
export function smallSmartEdit({
  vocabulary,
  words,
  size,
  width,
  channels,
}: {
  vocabulary: number;
  words: number;
  size: number;
  width: number;
  channels: number;
}): SmartEditConfig {
  return {
    image: { kind: 'convolutions', side: size },
    language: {
      kind: 'decoder',
      llama: llamaConfigSchema.parse({
        vocab_size: vocabulary + IMAGE_TOKENS,
        hidden_size: width,
        intermediate_size: 2 * width,
        num_hidden_layers: 2,
        num_attention_heads: 2,
      }),
      image_tokens: IMAGE_TOKENS,
      sees_words: true,
      queries_from_words: true,
    },
    qformer: qformerConfigSchema.parse({
      hidden_size: width,
      num_attention_heads: 2,
      num_hidden_layers: 2,
      intermediate_size: 2 * width,
      query_length: words,
      encoder_width: width,
    }),
    bim: bimConfigSchema.parse({
      width,
      context_width: width,
      heads: 2,
      mlp_width: 2 * width,
      map_channels: channels,
    }),
    map_without_text: false,
  };
}

/** Token embeddings of the decoder and of the text encoder. */
const DECODER_WORDS = 'model.embed_tokens.weight';
const TEXT_WORDS = `${TEXT_ENCODER}.text_model.embeddings.token_embedding.weight`;

/**
 * Writes the initial weights of a new SmartEdit for a trained U-Net. Its token embeddings are copied from the model's text encoder.
 *
 * @param texts weights of the text encoder, by their names in the state.
 */
export async function graftSmartEdit(
  config: SmartEditConfig,
  texts: ReadonlyMap<string, TensorData>,
  seed: number,
  write: WriteWeight,
): Promise<void> {
  for (const [name, values] of initialParameters(smartEditParameters(config), seed)) {
    const known = name === DECODER_WORDS ? texts.get(TEXT_WORDS) : undefined;
    if (known) values.set(float32Of(known));
    await write(name, values);
  }
}
