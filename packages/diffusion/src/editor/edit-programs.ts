import type { PictureSize } from '@rewardedit/data';
import {
  add,
  cast,
  concat,
  constant,
  gather,
  input,
  mul,
  program,
  reshape,
  slice,
  state,
  type Backend,
  type DTypes,
  type Program,
  type Tensor,
  type TensorSpec,
} from '@rewardedit/graph';
import { createNetwork, feedbackWidth, textWidth, type NetworkTypes } from '@rewardedit/models';
import { denoise } from '../denoiser.ts';
import { AUTOENCODER, spaceOf, type EditModelConfig } from '../edit-model.ts';
import { combineBranches } from '../guidance.ts';
import { drawsNoise, samplerStep, stepFactors, type Sampler } from '../samplers/index.ts';
import { pipelineOf } from '../pipelines/index.ts';
import { feedbackNetwork } from '../text-encoding.ts';

/** The prefix of the state that the programs of an edit share. */
export const EDIT = 'edit';

/**
 * Which entries a program takes as constants: its weights, on a backend that would carry them to the device in every run. On others
 * they are used where they lie: as constants, each program would have its own.
 */
export function frozenWeights(
  { state: entries }: Program,
  { copiesState = false }: Pick<Backend, 'copiesState'>,
): ReadonlySet<string> | undefined {
  if (!copiesState) return undefined;
  return new Set(Object.keys(entries).filter((name) => !name.startsWith(`${EDIT}.`)));
}

/**
 * The programs that edit `requests` pictures of one size together. They hand their values to one another in a state of their own, so
 * that nothing is read back before the last has run:
 *
 *     tell, begin, (denoise for all branches, then step) for each step, finish
 */
export interface EditPrograms {
  /** The entries of their state. */
  readonly specs: Readonly<Record<string, TensorSpec>>;
  /**
   * Inputs: those of the pipeline for the N pictures with their instructions and for no instruction (number N), and where the model
   * takes rewards, those of `feedbackInputs` for what is asked for (number 0 of the feedback) and that of the lowest scores (number 1).
   */
  tell(): Program;
  /** Inputs: `pixels` [N, 3, H, W] of the pictures between -1 and 1, `noise` [N, channels, h, w] that the run starts from. */
  begin(): Program;
  /** The same with the `source` as the network takes it in place of the pixels. */
  beginEncoded(): Program;
  /** Input: `pixels` of a part of the pictures. Output: the part's `source`. */
  encodeTile(tile: PictureSize): Program;
  /**
   * Adds what the network says for some branches of guidance, each times its share, to the guided output. Inputs, for each branch
   * and request in turn: those of `denoiserValues`, `texts` and `feedbacks`, the numbers of the texts that it is given, and `shown`,
   * 1 where it sees the picture; `weights`, the share of each branch; `input_scale`.
   */
  denoise(branches: number): Program;
  /** One step of the sampler from the guided output, which it clears. Inputs: `step_factors`, and `noise` where steps draw some. */
  step(options: StepOptions): Program;
  /** Output: the `pixels` of the edits. */
  finish(): Program<DTypes, { pixels: 'f32' }>;
  /** Output: the `latent` of the edits. */
  finishEncoded(): Program;
  /** Input: `latent` of a part of the edits. Output: the part's `pixels`. */
  decodeTile(tile: PictureSize): Program;
}

/** What a sampler's steps need beside the sample. */
export interface StepOptions {
  readonly noise: boolean;
  /** Tensors that steps remember. */
  readonly memories: number;
}

export function stepOptionsOf(sampler: Sampler): StepOptions {
  return { noise: drawsNoise(sampler), memories: sampler.memories };
}

/** Where steps remember something, as many tensors as any sampler has. */
const MEMORIES = ['memory_0', 'memory_1', 'memory_2', 'memory_3'] as const;

/** @param types of the networks; the autoencoder computes in f32, because f16 does not hold what some of them come to. */
export function editPrograms(
  model: EditModelConfig,
  requests: number,
  size: PictureSize,
  types: NetworkTypes = {},
): EditPrograms {
  const { channels, width, height } = spaceOf(model, size);
  const sample = [requests, channels, height, width];
  const { reward } = model.unet;
  const pipeline = pipelineOf(model);
  const shapes = {
    context: [requests + 1, pipeline.tokens, textWidth(model.unet)],
    feature_map: [requests, model.unet.block_out_channels[0], height, width],
    pooled: [2, reward ? feedbackWidth(reward) : 0],
    source: sample,
    latent: sample,
    guided: sample,
    memory_0: sample,
    memory_1: sample,
    memory_2: sample,
    memory_3: sample,
    /** x0 as of the last step, which previews show. */
    predicted: sample,
  };
  type Entry = keyof typeof shapes;
  const entry = (name: Entry): Tensor => state(`${EDIT}.${name}`, shapes[name]);
  const updates = (values: Partial<Record<Entry, Tensor>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${EDIT}.${name}`, value]));
  const pixels = [requests, 3, size.height, size.width];
  const autoencoder = () => createNetwork({ ...types, layers: 'f32' }).scope.at(AUTOENCODER);
  const encoded = (given: Tensor) => model.space.encode(autoencoder(), given).mode;
  const decoded = (latent: Tensor) => cast(model.space.decode(autoencoder(), latent), 'f32');

  /** The start of a run, from the source as the network takes it. */
  function begun(source: Tensor): Program {
    const zeros = constant(0, sample);
    return program({
      outputs: {},
      updates: updates({
        source,
        latent: input('noise', sample),
        guided: zeros,
        predicted: zeros,
        ...Object.fromEntries(MEMORIES.map((name) => [name, zeros])),
      }),
    });
  }

  return {
    specs: Object.fromEntries(
      Object.entries(shapes)
        .filter(([name]) => (name !== 'pooled' || reward) && (name !== 'feature_map' || pipeline.featureMap))
        .map(([name, shape]) => [name, { shape, dtype: 'f32' }]),
    ),

    tell() {
      const network = createNetwork(types);
      const { context, featureMap } = pipeline.conditions(network, requests + 1, { height, width });
      return program({
        outputs: {},
        updates: updates({
          context: cast(context, 'f32'),
          // Without an instruction there is no map that would be that of all pictures.
          ...(featureMap && {
            feature_map: cast(slice(featureMap, [0, 0, 0, 0], shapes.feature_map), 'f32'),
          }),
          ...(reward && { pooled: cast(feedbackNetwork(model, reward, 2, network), 'f32') }),
        }),
      });
    },

    begin() {
      const given = input('pixels', pixels);
      return begun(encoded(given));
    },

    beginEncoded: () => begun(input('source', sample)),

    encodeTile: (tile) =>
      program({ outputs: { source: encoded(input('pixels', [requests, 3, tile.height, tile.width])) } }),

    denoise(branches) {
      const network = createNetwork(types);
      const batch = branches * requests;
      const perSample = (name: string, dtype: 'f32' | 'i32') => input(name, [batch], dtype);
      const forBranches = (x: Tensor) =>
        concat(
          Array.from({ length: branches }, () => x),
          0,
        );
      const shown = reshape(perSample('shown', 'f32'), [batch, 1, 1, 1]);
      const prediction = denoise(network, model, {
        noisy: forBranches(mul(entry('latent'), input('input_scale', []))),
        source: mul(forBranches(entry('source')), shown),
        context: gather(entry('context'), perSample('texts', 'i32')),
        featureMap: pipeline.featureMap && forBranches(entry('feature_map')),
        feedback: reward && gather(entry('pooled'), perSample('feedbacks', 'i32')),
      });
      const combined = combineBranches(prediction, input('weights', [branches]));
      return program({ outputs: {}, updates: updates({ guided: add(entry('guided'), combined) }) });
    },

    step({ noise, memories }) {
      const names = MEMORIES.slice(0, memories);
      const next = samplerStep(stepFactors({ memories }), {
        output: entry('guided'),
        sample: entry('latent'),
        source: model.scheduler.residual ? entry('source') : undefined,
        memory: names.map(entry),
        noise: noise ? input('noise', sample) : undefined,
      });
      return program({
        outputs: {},
        updates: updates({
          latent: next.sample,
          guided: constant(0, sample),
          ...Object.fromEntries(names.map((name, i) => [name, next.memory[i]])),
          predicted: next.picture,
        }),
      });
    },

    finish: () => program({ inputs: {}, outputs: { pixels: decoded(entry('latent')) } }),

    finishEncoded: () => program({ inputs: {}, outputs: { latent: entry('latent') } }),

    decodeTile(tile) {
      const part = spaceOf(model, tile);
      return program({
        outputs: { pixels: decoded(input('latent', [requests, channels, part.height, part.width])) },
      });
    },
  };
}
