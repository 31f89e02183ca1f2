import { RewardEditError, sinusoidFrequencies } from '@rewardedit/core';
import type { PictureSize } from '@rewardedit/data';
import { cast, input, program, slice, type Program } from '@rewardedit/graph';
import { createNetwork, feedbackWidth, textWidth, type UNetConfig } from '@rewardedit/models';
import { denoise } from './denoiser.ts';
import { AUTOENCODER, spaceOf, type EditModelConfig } from './edit-model.ts';
import { pipelineOf } from './pipelines/index.ts';
import { typesToRun, type Precision } from './precision.ts';
import { feedbackNetwork, textNetwork } from './text-encoding.ts';

/** Sinusoids that the exported model computes from an input itself; see the exporter's type of this name. */
export interface ExportedSinusoids {
  readonly of: string;
  readonly count: number;
  readonly frequencies: Float32Array;
  readonly cosinesFirst: boolean;
}

/** A network as a separate program, for other runtimes. */
export interface ExportedNetwork {
  readonly program: Program;
  /** Names of inputs in the export that differ from the program's. */
  readonly inputNames?: Readonly<Record<string, string>>;
  /** Inputs of the program to compute as sinusoids. */
  readonly sinusoids?: Readonly<Record<string, ExportedSinusoids>>;
}

/** The folders of an export, as in diffusers' ONNX pipelines. */
export type ExportedFolder = 'unet' | 'text_encoder' | 'vae_encoder' | 'vae_decoder';

/**
 * Returns the networks of an editing model as separate programs, with the input and output names of diffusers' exports. Inputs and
 * outputs are f32, or i32 for ids, whatever the networks compute in.
 *
 * - `unet/model`: inputs `sample` [B, 2 C, h, w] (the noisy edit, then the source), `timestep` [B] and `encoder_hidden_states`; with
 *   reward layers also `scores` [B, 3] and `feedback`, and `reward_mask` if the model has one. Output `out_sample`.
 * - `text_encoder/model`: input `input_ids`; output `last_hidden_state`. With reward layers also `text_encoder/feedback`: inputs
 *   `feedback_ids` and `feedback_positions` (the positions to pool); output `pooler_output`.
 * - `vae_encoder/model`: input `sample` [B, 3, H, W] in [-1, 1]; output `latent_sample`, the mode, unscaled.
 * - `vae_decoder/model`: input `latent_sample` in the U-Net's scale; output `sample`.
 *
 * @param options.batch of the U-Net and the autoencoder; texts are encoded one at a time.
 * @throws RewardEditError 'bad-input' for a pipeline that encodes instructions together with pictures, such as SmartEdit's.
 */
export function exportedNetworks(
  model: EditModelConfig,
  { batch, size, precision }: { batch: number; size: PictureSize; precision: Precision },
): Record<ExportedFolder, Record<string, ExportedNetwork>> {
  if (pipelineOf(model).readsPictures)
    throw new RewardEditError(
      'bad-input',
      'this pipeline cannot be exported: only pipelines that condition the U-Net on text alone can',
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
    throw new RewardEditError('bad-input', `sinusoids of an odd width (${width}) cannot be exported`);
  const frequencies = sinusoidFrequencies(width, { freqShift }).map((frequency) => scale * frequency);
  return { of, count, frequencies, cosinesFirst };
}
