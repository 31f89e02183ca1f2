import { join } from 'node:path';
import {
  SAMPLERS,
  combineBranches,
  createNoiseSchedule,
  drawsNoise,
  guidanceBranches,
  parseSchedulerConfig,
  samplerStep,
  stepFactors,
  stepFactorValues,
  type Sampler,
  type SamplerName,
} from '@rewardedit/diffusion';
import { input, program, state as leaf, type Backend, type TensorData } from '@rewardedit/graph';
import { createNetwork, parseUNetConfig, timestepSinusoids, unet, unetInputs } from '@rewardedit/models';
import { compareAll, type Group } from '../comparison.ts';
import { readJsonFile, readTensors, type ReferenceSet, type Tensors } from '../reference-sets.ts';
import { readWeights } from './set.ts';

const STEP = { absolute: 0, relative: 1e-4 };
/**
 * The original guides estimates of the clean picture here, whose rounding errors are large at small sigmas.
 */
const ANCESTRAL_STEP = { absolute: 0, relative: 2e-3 };
const LOOP = { absolute: 0, relative: 1e-3 };

/** The runs of a set, with their samplers. */
const RUNS: Readonly<Record<string, { sampler: SamplerName; guided: typeof STEP }>> = {
  ddim: { sampler: 'ddim', guided: STEP },
  euler_ancestral: { sampler: 'euler-ancestral', guided: ANCESTRAL_STEP },
};

type Arrays = Record<string, ArrayLike<number>>;

/**
 * Checks `smartedit-pipeline` sets: guided sampling from a given context and feature map, each step from its
 * recorded input, and the whole loop from its initial noise. Other sets check the autoencoder.
 */
export async function checkPipeline({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const step = await openStep(folder, facts, given, backend);
  const groups: Group[] = [];
  try {
    for (const name of facts.runs as string[]) {
      if (!Object.hasOwn(RUNS, name)) throw new Error(`Unknown sampler of the run "${name}".`);
      const { sampler: kind, guided: tolerance } = RUNS[name];
      const config = parseSchedulerConfig(await readJsonFile(join(folder, `${name}.scheduler.json`)), folder);
      const sampler = SAMPLERS[kind](createNoiseSchedule(config), Number(facts.steps));
      const { values: expected } = await readTensors(join(folder, `${name}.safetensors`));
      const found = await replay(backend, step, sampler, given, expected);
      const only = (tensor: string) => ({ [tensor]: expected[tensor] });
      groups.push(
        compareAll(`${name} U-Net`, found, only('unet_output'), STEP),
        compareAll(`${name} guided`, found, only('guided'), tolerance),
        compareAll(`${name} loop`, found, only('latents'), LOOP),
      );
    }
  } finally {
    await step.dispose();
  }
  return groups;
}

interface Step {
  /** The U-Net's output for the batch of branches, and their guided combination. */
  run(sample: Float32Array, timestep: number): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/** The U-Net on all branches with the same feature map, followed by guidance. */
async function openStep(
  folder: string,
  facts: ReferenceSet['facts'],
  { values, shapes }: Tensors,
  backend: Backend,
): Promise<Step> {
  const branches = guidanceBranches({
    textScale: Number(facts.guidance_scale),
    imageScale: Number(facts.image_guidance_scale),
    rewardScale: 0,
  });
  const configFile = join(folder, 'unet', 'config.json');
  const config = parseUNetConfig(await readJsonFile(configFile), configFile);
  const [pictures, , height, width] = shapes.initial_noise;
  const batch = branches.length * pictures;
  const network = createNetwork();
  const inputs = unetInputs(config, { batch, height, width, tokens: shapes.prompt_embeds[1] });
  const output = unet(network.scope, config, {
    ...inputs,
    featureMap: input('feature_maps', [batch, ...shapes.feature_map.slice(1)]),
  });
  const guided = combineBranches(output, input('weights', [branches.length]));
  const state = await backend.createState(network.specs);
  const read = await readWeights(folder, network.specs, [
    { file: 'unet/diffusion_pytorch_model.safetensors', has: () => true },
  ]);
  for (const name of Object.keys(network.specs)) await state.write(name, await read(name));
  const executable = await backend.compile(program({ outputs: { output, guided } }), state);
  const nothing = values.negative_prompt_embeds;
  const perPicture = values.prompt_embeds.length / nothing.length;
  const contexts = branches.flatMap(({ text }) =>
    text ? [values.prompt_embeds] : Array.from({ length: perPicture }, () => nothing),
  );
  const constant = {
    encoder_hidden_states: joined(contexts),
    feature_maps: joined(branches.map(() => values.feature_map)),
    weights: Float32Array.from(branches, ({ weight }) => weight),
  };
  return {
    run: (sample, timestep) =>
      executable.run({
        ...constant,
        sample,
        time_proj: timestepSinusoids(config, new Float32Array(batch).fill(timestep)),
      }),
    async dispose() {
      await executable.dispose();
      await state.dispose();
    },
  };
}

/** Runs each step from its recorded input, and the loop by itself. */
async function replay(
  backend: Backend,
  { run }: Step,
  sampler: Sampler,
  { values, shapes }: Tensors,
  recorded: Tensors['values'],
): Promise<Arrays> {
  const { length } = values.initial_noise;
  const names = Array.from({ length: sampler.memories }, (_, i) => `memory_${i}`);
  const next = samplerStep(stepFactors(sampler), {
    output: input('output', [length]),
    sample: leaf('latent', [length]),
    memory: names.map((name) => leaf(name, [length])),
    noise: drawsNoise(sampler) ? input('noise', [length]) : undefined,
  });
  const advance = program({
    outputs: { sample: next.sample },
    updates: {
      latent: next.sample,
      ...Object.fromEntries(names.map((name, i) => [name, next.memory[i]])),
    },
  });
  const memory = await backend.createState(advance.state);
  const executable = await backend.compile(advance, memory);
  try {
    let latent = Float32Array.from(values.initial_noise, (value) => value * sampler.initialSigma);
    await memory.write('latent', latent);
    const latents = [...latent];
    const outputs: number[] = [];
    const guided: number[] = [];
    const size = recorded.unet_input.length / sampler.steps.length;
    for (const [i, factors] of sampler.steps.entries()) {
      const alone = await run(
        Float32Array.from(recorded.unet_input.subarray(i * size, (i + 1) * size)),
        sampler.timesteps[i],
      );
      outputs.push(...alone.output);
      guided.push(...alone.guided);

      const shown = latent.map((value) => value * factors.inputScale);
      const sample = besideOneAnother(shown, values.image_latents, length / shapes.initial_noise[0]);
      const own = await run(sample, sampler.timesteps[i]);
      const noise = Float32Array.from(recorded.noise?.subarray(i * length, (i + 1) * length) ?? []);
      const results = await executable.run({
        output: own.guided,
        ...(drawsNoise(sampler) && { noise }),
        step_factors: stepFactorValues(sampler, factors),
      });
      latent = Float32Array.from(results.sample);
      latents.push(...latent);
    }
    return { unet_output: outputs, guided, latents };
  } finally {
    await executable.dispose();
    await memory.dispose();
  }
}

/**
 * The latents of all pictures, repeated per branch and concatenated with the image latents of picture and
 * branch.
 */
function besideOneAnother(latents: Float32Array, images: ArrayLike<number>, size: number): Float32Array {
  const part = (values: ArrayLike<number>, i: number) => Array.from(values).slice(i * size, (i + 1) * size);
  const pictures = latents.length / size;
  const samples = images.length / size;
  return joined(
    Array.from({ length: samples }, (_, i) => [...part(latents, i % pictures), ...part(images, i)]),
  );
}

function joined(parts: readonly ArrayLike<number>[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => Array.from(part)));
}
