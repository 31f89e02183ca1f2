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

/** The prefix of the state shared by the programs of an edit. */
export const EDIT = 'edit';

/**
 * Returns the state entries to compile into a program as constants: its weights, on a backend that would otherwise copy them to the
 * device in every run. Other backends use them in place, since each program would hold its own copy of a constant.
 */
export function frozenWeights(
  { state: entries }: Program,
  { copiesState = false }: Pick<Backend, 'copiesState'>,
): ReadonlySet<string> | undefined {
  if (!copiesState) return undefined;
  return new Set(Object.keys(entries).filter((name) => !name.startsWith(`${EDIT}.`)));
}

/**
 * The programs that edit `requests` pictures of one size together. They pass their values on in a shared state, so nothing is read back
 * before the last program has run:
 *
 *     condition, begin, (denoise for all branches, then step) for each step, finish
 */
export interface EditPrograms {
  /** The entries of that state. */
  readonly specs: Readonly<Record<string, TensorSpec>>;
  /**
   * Encodes the conditions. Inputs: those of the pipeline for the N pictures with their instructions, followed by the empty instruction
   * (index N). If the model is conditioned on rewards, also those of `feedbackInputs` for the requested reward (index 0) and the
   * lowest one (index 1).
   */
  condition(): Program;
  /** Encodes the sources. Inputs: `pixels` [N, 3, H, W] in [-1, 1], and `noise` [N, channels, h, w], the initial sample. */
  begin(): Program;
  /** The same from an encoded `source` in place of the pixels. */
  beginEncoded(): Program;
  /** Input: `pixels` of a tile. Output: its `source`. */
  encodeTile(tile: PictureSize): Program;
  /**
   * Runs the network for some branches of guidance and adds the weighted outputs to the guided output. Inputs, for each branch and each
   * request in turn: those of `denoiserValues`; `texts` and `feedbacks`, indices of the encoded texts; `shown`, 1 if the branch sees
   * the source. Also `weights`, one per branch, and `input_scale`.
   */
  denoise(branches: number): Program;
  /** Runs one step of the sampler on the guided output and clears it. Inputs: `step_factors`, and `noise` for stochastic samplers. */
  step(options: StepOptions): Program;
  /** Output: the `pixels` of the edits. */
  finish(): Program<DTypes, { pixels: 'f32' }>;
  /** Output: the `latent` of the edits. */
  finishEncoded(): Program;
  /** Input: `latent` of a tile. Output: its `pixels`. */
  decodeTile(tile: PictureSize): Program;
}

/** The parts of a sampler that change its step's program. */
export interface StepOptions {
  readonly noise: boolean;
  /** Number of tensors that a step carries over to the next. */
  readonly memories: number;
}

export function stepOptionsOf(sampler: Sampler): StepOptions {
  return { noise: drawsNoise(sampler), memories: sampler.memories };
}

/** Enough entries for the sampler with the most memories. */
const MEMORIES = ['memory_0', 'memory_1', 'memory_2', 'memory_3'] as const;

/** @param types of the networks. The autoencoder computes in f32, because the activations of some overflow f16. */
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
    /** x0 predicted by the last step, for previews. */
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

  /** Initializes the state of a run from the encoded source. */
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

    condition() {
      const network = createNetwork(types);
      const { context, featureMap } = pipeline.conditions(network, requests + 1, { height, width });
      return program({
        outputs: {},
        updates: updates({
          context: cast(context, 'f32'),
          // The branches without an instruction have no common map: it depends on the picture.
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
