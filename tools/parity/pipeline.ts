import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AUTOENCODER,
  SAMPLERS,
  TEXT_ENCODER,
  UNET,
  combineBranches,
  createNoiseSchedule,
  drawsNoise,
  guidanceBranches,
  loadEditModel,
  parseSchedulerConfig,
  samplerOfScheduler,
  samplerStep,
  stepFactors,
  stepFactorValues,
  type EditorParts,
  type Sampler,
} from '@rewardedit/diffusion';
import {
  add,
  input,
  maximum,
  minimum,
  mul,
  program,
  transpose,
  type Backend,
  type Program,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import {
  clipText,
  createNetwork,
  pooledPositions,
  pooledText,
  rewardSinusoids,
  timestepSinusoids,
  unet,
  unetInputs,
} from '@rewardedit/models';
import { compareAll, type Group } from './comparison.ts';
import { asRecord, readJsonFile, readTensors, type ReferenceSet, type Tensors } from './reference-sets.ts';

const IDS = { absolute: 0, relative: 0 };
const ENCODED = { absolute: 1e-4, relative: 0 };
/** For a step from its recorded input, a whole run, and the final pictures, as the sets suggest. */
const STEP = { absolute: 0, relative: 1e-4 };
const LOOP = { absolute: 0, relative: 1e-3 };
const PICTURE = { absolute: 5e-3, relative: 0 };

type Arrays = Record<string, ArrayLike<number>>;

/** The facts of a set about its runs. */
interface Facts {
  readonly prompts: readonly string[];
  readonly negative_prompts?: readonly string[];
  readonly steps: number;
  readonly guidance_scale: number;
  readonly image_guidance_scale: number;
  readonly reward_text?: string;
}

/**
 * Checks `ip2p-pipeline` and `reward-pipeline` sets: a model folder opened as users do, its texts and picture
 * encoded, and whole runs: each step from its recorded input, the loop by itself, and the picture.
 */
export async function checkPipeline(
  { folder, facts: unchecked }: ReferenceSet,
  backend: Backend,
): Promise<Group[]> {
  const facts = unchecked as unknown as Facts;
  const parts = await loadEditModel(folder, backend);
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const runs = (await readdir(folder)).flatMap((name) => /^(.+)\.scheduler\.json$/.exec(name)?.[1] ?? []);
  const groups: Group[] = await checkInputs(parts, facts, given);
  for (const run of runs.toSorted()) {
    const settings = asRecord(await readJsonFile(join(folder, `${run}.scheduler.json`)));
    const name = samplerOfScheduler(settings);
    if (!name) throw new Error(`${run}: unknown sampler ${String(settings['_class_name'])}.`);
    const schedule = createNoiseSchedule(
      parseSchedulerConfig(settings, join(folder, `${run}.scheduler.json`)),
    );
    const recorded = await readTensors(join(folder, `${run}.safetensors`));
    const eta = Number(asRecord(settings['step_arguments'] ?? unchecked['step_arguments'] ?? {})['eta'] ?? 0);
    const sampler = SAMPLERS[name](schedule, facts.steps, { eta });
    groups.push(...(await checkRun(run, parts, sampler, facts, given, recorded)));
  }
  await parts.state.dispose();
  return groups;
}

/** Runs a program once with the model's weights. */
async function runOnce({ backend, state }: EditorParts, built: Program, inputs: Record<string, TensorData>) {
  const executable = await backend.compile(built, state);
  try {
    return await executable.run(inputs);
  } finally {
    await executable.dispose();
  }
}

/** Token ids and encodings of texts, the latent of the picture, and the pooled vector of the feedback. */
async function checkInputs(parts: EditorParts, facts: Facts, given: Tensors): Promise<Group[]> {
  const { model, tokenizer } = parts;
  const negative = facts.negative_prompts ?? facts.prompts.map(() => '');
  const ids = (texts: readonly string[]) => tokenizer.encodeBatch(texts);
  const texts = [...facts.prompts, ...negative, ...negative];
  const network = createNetwork();
  const encode = (name: string, count: number) =>
    clipText(
      network.scope.at(TEXT_ENCODER),
      model.textEncoder,
      input(name, [count, tokenizer.maxLength], 'i32'),
    );
  const encoded = encode('ids', texts.length);
  const { mode } = model.space.encode(
    network.scope.at(AUTOENCODER),
    input('pixel_values', given.shapes.pixel_values),
  );
  const rewardIds = facts.reward_text === undefined ? undefined : ids([facts.reward_text]);
  const outputs: Record<string, Tensor> = {
    prompt_embeds: encoded,
    mode,
    ...(rewardIds && {
      negative_embeds: pooledText(encode('reward_ids', 1), input('positions', [1], 'i32')),
    }),
  };
  const results = await runOnce(parts, program({ outputs }), {
    ids: ids(texts),
    pixel_values: given.values.pixel_values,
    ...(rewardIds && {
      reward_ids: rewardIds,
      positions: pooledPositions(model.textEncoder, rewardIds, tokenizer.maxLength),
    }),
  });
  const { mode: latent } = results;
  const found: Arrays = {
    prompt_ids: ids(facts.prompts),
    negative_prompt_ids: ids(negative),
    ...(rewardIds && { reward_text_ids: rewardIds }),
    prompt_embeds: results.prompt_embeds,
    image_latents: [...latent, ...latent, ...new Float32Array(latent.length)],
    ...(rewardIds && { negative_embeds: results.negative_embeds }),
  };
  const those = (pattern: RegExp) =>
    Object.fromEntries(
      Object.keys(found)
        .filter((name) => pattern.test(name))
        .map((name) => [name, given.values[name]]),
    );
  return [
    compareAll('ids', found, those(/_ids$/), IDS),
    compareAll('encoded', found, those(/_embeds$|_latents$/), ENCODED),
  ];
}

/** Checks the steps of one run. */
async function checkRun(
  run: string,
  parts: EditorParts,
  sampler: Sampler,
  facts: Facts,
  given: Tensors,
  recorded: Tensors,
): Promise<Group[]> {
  const { model, backend, state } = parts;
  const branches = guidanceBranches({
    textScale: facts.guidance_scale,
    imageScale: facts.image_guidance_scale,
    rewardScale: 0,
  });
  const [steps, samples, ...shape] = recorded.shapes.unet_input;
  const latent = recorded.shapes.latents.slice(1);
  const length = latent.reduce((product, size) => product * size, 1);
  const network = createNetwork();
  const tokens = given.shapes.prompt_embeds[1];
  const inputs = unetInputs(model.unet, { batch: samples, height: shape[1], width: shape[2], tokens });
  const output = unet(network.scope.at(UNET), model.unet, inputs);
  const names = Array.from({ length: sampler.memories }, (_, i) => `memory_${i}`);
  const predict = await backend.compile(
    program({ outputs: { output, guided: combineBranches(output, input('weights', [branches.length])) } }),
    state,
  );
  const next = samplerStep(stepFactors(sampler), {
    output: input('guided', latent),
    sample: input('sample', latent),
    noise: drawsNoise(sampler) ? input('noise', latent) : undefined,
    memory: names.map((name) => input(name, latent)),
  });
  const step = await backend.compile(
    program({
      outputs: { sample: next.sample, ...Object.fromEntries(names.map((name, i) => [name, next.memory[i]])) },
    }),
    await backend.createState({}),
  );

  /** The network's output for samples next to their pictures, at a timestep. */
  const ask = (sample: Float32Array, timestep: number) =>
    predict.run({
      sample,
      time_proj: timestepSinusoids(
        model.unet,
        Array.from({ length: samples }, () => timestep),
      ),
      encoder_hidden_states: given.values.prompt_embeds,
      weights: Float32Array.from(branches, ({ weight }) => weight),
      ...(model.unet.reward && rewardsOf(parts, given, samples)),
    });
  const part = (name: string, i: number, size: number) =>
    Float32Array.from(recorded.values[name].slice(i * size, (i + 1) * size));
  const area = shape.reduce((product, size) => product * size, 1);
  const pictures = Float32Array.from(given.values.image_latents);

  const single: Record<'unet_output' | 'guided' | 'latents', number[]> = {
    unet_output: [],
    guided: [],
    latents: [],
  };
  const loop: number[] = [];
  let sample = Float32Array.from(given.values.initial_noise, (value) => value * sampler.initialSigma);
  let memory: Record<string, TensorData> = Object.fromEntries(
    names.map((name) => [name, new Float32Array(length)]),
  );
  loop.push(...sample);
  single.latents.push(...sample);
  for (let i = 0; i < steps; i++) {
    const factors = sampler.steps[i];
    const common = {
      step_factors: stepFactorValues(sampler, factors),
      ...(drawsNoise(sampler) && { noise: part('noise', i, length) }),
    };
    // From the recorded input; the sampler's history is that of the free run, which must be close.
    const said = await ask(part('unet_input', i, samples * area), sampler.timesteps[i]);
    single.unet_output.push(...said.output);
    single.guided.push(...said.guided);
    const stepped = await step.run({
      ...common,
      ...memory,
      guided: part('guided', i, length),
      sample: part('latents', i, length),
    });
    single.latents.push(...stepped.sample);
    // The free run.
    const own = await ask(
      besidePictures(
        sample.map((value) => value * factors.inputScale),
        pictures,
        samples,
        latent,
      ),
      sampler.timesteps[i],
    );
    const { sample: after, ...remembered } = await step.run({
      ...common,
      ...memory,
      guided: own.guided,
      sample,
    });
    sample = Float32Array.from(after);
    memory = remembered;
    loop.push(...sample);
  }
  await predict.dispose();
  await step.dispose();
  const pictured = await decode(parts, sample, latent);
  const expected = (names: readonly string[]): Arrays =>
    Object.fromEntries(names.map((name) => [name, recorded.values[name]]));
  return [
    compareAll(`${run} timesteps`, { timesteps: sampler.timesteps }, expected(['timesteps']), {
      absolute: 1e-3,
      relative: 0,
    }),
    compareAll(`${run} steps`, single, expected(['unet_output', 'guided', 'latents']), STEP),
    compareAll(`${run} loop`, { latents: loop }, expected(['latents']), LOOP),
    compareAll(`${run} picture`, pictured, expected(['decoded', 'final_image']), PICTURE),
  ];
}

/** The rewards of a set, the same in all branches. */
function rewardsOf({ model }: EditorParts, given: Tensors, samples: number): Record<string, Float32Array> {
  const times = samples / given.shapes.negative_embeds[0];
  const repeated = (name: string) =>
    Float32Array.from(Array.from({ length: times }, () => Array.from(given.values[name])).flat());
  return {
    reward_proj: rewardSinusoids(model.unet.reward!, repeated('reward_scores'), model.unet),
    negative_embeds: repeated('negative_embeds'),
  };
}

/**
 * The samples of all branches, which are equal, each concatenated with the picture that its branch sees:
 * [samples, 2 channels, h, w], flat.
 */
function besidePictures(
  sample: Float32Array,
  pictures: Float32Array,
  samples: number,
  [requests, ...shape]: readonly number[],
) {
  const area = shape.reduce((product, size) => product * size, 1);
  const values = new Float32Array(2 * samples * area);
  for (let i = 0; i < samples; i++) {
    const request = i % requests;
    values.set(sample.subarray(request * area, (request + 1) * area), 2 * i * area);
    values.set(pictures.subarray(i * area, (i + 1) * area), (2 * i + 1) * area);
  }
  return values;
}

/**
 * Decodes a sample to a picture between -1 and 1, and as users see it, between 0 and 1 with channels last.
 */
async function decode(parts: EditorParts, sample: Float32Array, latent: readonly number[]) {
  const network = createNetwork();
  const decoded = parts.model.space.decode(network.scope.at(AUTOENCODER), input('sample', latent));
  const shown = transpose(minimum(maximum(add(mul(decoded, 0.5), 0.5), 0), 1), [0, 2, 3, 1]);
  return runOnce(parts, program({ outputs: { decoded, final_image: shown } }), { sample });
}
