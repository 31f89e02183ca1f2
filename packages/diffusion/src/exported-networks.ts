import { RewardEditError, sinusoidFrequencies } from '@rewardedit/core';
import type { PictureSize } from '@rewardedit/data';
import { cast, input, program, slice, type Program } from '@rewardedit/graph';
import { createNetwork, feedbackWidth, textWidth, type UNetConfig } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import { AUTOENCODER, spaceOf, type EditModelConfig } from './edit-model.ts';
import { pipelineOf } from './pipelines/index.ts';
import { typesToRun, type Precision } from './precision.ts';
import { feedbackNetwork, textNetwork } from './text-encoding.ts';

/** Sinusoids that a model makes of numbers itself; see the exporter's type of this name. */
export interface ExportedSinusoids {
  readonly of: string;
  readonly count: number;
  readonly frequencies: Float32Array;
  readonly cosinesFirst: boolean;
}

/** A network as a program of its own, for other runtimes. */
export interface ExportedNetwork {
  readonly program: Program;
  /** What inputs of the program are to be called, where it is something else. */
  readonly inputNames?: Readonly<Record<string, string>>;
  /** Inputs that are to be made of numbers. */
  readonly sinusoids?: Readonly<Record<string, ExportedSinusoids>>;
}

/** The folders of an export: those of diffusers' pipelines in ONNX. */
export type ExportedFolder = 'unet' | 'text_encoder' | 'vae_encoder' | 'vae_decoder';

/**
 * The networks of an editing model, each for itself, with the names of diffusers' exports for what they take and give. All that they
 * take and give is f32, or i32 for ids, whatever they compute in.
 *
 * - `unet/model`: `sample` [B, 2 C, h, w] (the noisy edit, then the source), `timestep` [B] and `encoder_hidden_states`; with reward
 *   layers `scores` [B, 3] and `feedback`, and `reward_mask` where the model has one. Gives `out_sample`.
 * - `text_encoder/model`: `input_ids`; gives `last_hidden_state`. With reward layers `text_encoder/feedback`: `feedback_ids` and the
 *   positions whose vectors are taken, `feedback_positions`; gives `pooler_output`.
 * - `vae_encoder/model`: `sample` [B, 3, H, W] between -1 and 1; gives `latent_sample`, the mode, not scaled.
 * - `vae_decoder/model`: `latent_sample` as the U-Net makes it; gives `sample`.
 *
 * @param options.batch of the U-Net and the autoencoder; texts are encoded one at a time.
 * @throws RewardEditError 'bad-input' for a pipeline whose instructions are read together with the picture, as SmartEdit's.
 */
export function exportedNetworks(
  model: EditModelConfig,
  { batch, size, precision }: { batch: number; size: PictureSize; precision: Precision },
): Record<ExportedFolder, Record<string, ExportedNetwork>> {
  if (pipelineOf(model).readsPictures)
    throw new RewardEditError(
      'bad-input',
      'the pipeline is not exported: only what tells a U-Net by texts is',
    );
  const network = () => createNetwork(typesToRun(precision));
  const pictures = () => createNetwork({ ...typesToRun(precision), layers: 'f32' }).scope.at(AUTOENCODER);
  const { reward } = model.unet;
  const { channels, width, height } = spaceOf(model, size);
  const latent = [batch, channels, height, width];
  const sample = input('sample', [batch, 2 * channels, height, width]);
  const half = (number: 0 | 1) => slice(sample, [0, number * channels, 0, 0], latent);
  const said = denoise(network(), model, {
    noisy: half(0),
    source: half(1),
    context: input('encoder_hidden_states', [batch, model.tokens, textWidth(model.unet)]),
    feedback: reward && input('feedback', [batch, feedbackWidth(reward)]),
  });
  const text = textNetwork(model, 1, network());
  const pooled = reward && feedbackNetwork(model, reward, 1, network());
  const pixels = input('sample', [batch, 3, size.height, size.width]);
  return {
    unet: {
      model: {
        program: program({ outputs: { out_sample: said } }),
        sinusoids: {
          time_proj: sinusoidsOf(model.unet, 'timestep', { width: model.unet.block_out_channels[0] }),
          ...(reward && {
            reward_proj: sinusoidsOf(model.unet, 'scores', {
              width: reward.score_width,
              count: SCORES,
              scale: reward.score_scale,
            }),
          }),
        },
      },
    },
    text_encoder: {
      model: {
        program: program({ outputs: { last_hidden_state: cast(text, 'f32') } }),
        inputNames: { ids: 'input_ids' },
      },
      ...(pooled && { feedback: { program: program({ outputs: { pooler_output: cast(pooled, 'f32') } }) } }),
    },
    vae_encoder: {
      model: {
        program: program({
          outputs: { latent_sample: cast(model.space.encode(pictures(), pixels).mode, 'f32') },
        }),
      },
    },
    vae_decoder: {
      model: {
        program: program({
          outputs: { sample: cast(model.space.decode(pictures(), input('latent_sample', latent)), 'f32') },
        }),
      },
    },
  };
}

const SCORES = 3;

function sinusoidsOf(
  { flip_sin_to_cos: cosinesFirst, freq_shift: freqShift }: UNetConfig,
  of: string,
  { width, count = 1, scale = 1 }: { width: number; count?: number; scale?: number },
): ExportedSinusoids {
  if (width % 2 === 1)
    throw new RewardEditError('bad-input', `sinusoids of an odd width (${width}) are not exported`);
  const frequencies = sinusoidFrequencies(width, { freqShift }).map((frequency) => scale * frequency);
  return { of, count, frequencies, cosinesFirst };
}
