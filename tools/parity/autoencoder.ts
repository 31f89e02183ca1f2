import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  add,
  exp,
  input,
  maximum,
  minimum,
  mul,
  program,
  type Backend,
  type Tensor,
} from '@rewardedit/graph';
import {
  autoencoderNames,
  autoencoderParameters,
  createAutoencoder,
  createNetwork,
  loadWeights,
  openAutoencoder,
  type AutoencoderConfig,
} from '@rewardedit/models';
import { compareAll, type Group } from './comparison.ts';
import { readOptionalTensors, readTensors, type ReferenceSet, type Tensors } from './reference-sets.ts';

const OUTPUT = { absolute: 1e-4, relative: 0 };
const ACTIVATION = { absolute: 1e-6, relative: 1e-4 };

/**
 * Checks `vae` and `autoencoder-tiny` sets: latents, decoded pictures, and the output of every recorded
 * module. The weights are in the set, or in the folder named by its `weights`.
 */
export async function checkAutoencoder({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const { values: outputs } = await readTensors(join(folder, 'outputs.safetensors'));
  const { values: activations } = await readOptionalTensors(join(folder, 'activations.safetensors'));
  const place = typeof facts.weights === 'string' ? join(folder, facts.weights) : folder;
  if (!existsSync(place)) throw new Error(`The weights were not found: ${place}.`);
  const { found, seen } = await runAutoencoder(place, backend, given, Object.keys(activations));
  return [
    compareAll('outputs', found, outputs, OUTPUT),
    compareAll('activations', seen, activations, ACTIVATION),
  ];
}

/**
 * Also runs an autoencoder without a regular set: a picture, its latents and the decoded picture in one file.
 */
export async function runAutoencoder(
  place: string,
  backend: Backend,
  given: Tensors,
  activations: readonly string[],
) {
  const { config, weights } = await openAutoencoder(place);
  const network = createNetwork();
  const { outputs, traced } = graphOf(network, config, given, activations);
  const state = await backend.createState(autoencoderParameters(config));
  try {
    await loadWeights(
      weights,
      autoencoderParameters(config),
      (name, values) => state.write(name, values),
      autoencoderNames(weights),
    );
  } finally {
    await weights.close();
  }
  const executable = await backend.compile(program({ outputs: { ...outputs, ...traced } }), state);
  const results = await executable.run(given.values);
  await executable.dispose();
  await state.dispose();
  const pick = (named: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(Object.keys(named).map((name) => [name.replace(/^activation:/, ''), results[name]]));
  return { found: pick(outputs), seen: pick(traced) };
}

function graphOf(
  network: ReturnType<typeof createNetwork>,
  config: AutoencoderConfig,
  { shapes }: Tensors,
  activations: readonly string[],
) {
  const autoencoder = createAutoencoder(config);
  const { mean, logVariance } = autoencoder.encode(network.scope, input('image', shapes.image));
  const encoderTraces = { ...network.traces };
  const outputs: Record<string, Tensor> = {};
  if (logVariance) {
    const bounded = minimum(maximum(logVariance, -30), 20);
    const deviation = exp(mul(bounded, 0.5));
    outputs['encode.mean'] = mean;
    outputs['encode.logvar'] = bounded;
    outputs['encode.std'] = deviation;
    outputs['encode.sample'] = add(mean, mul(deviation, input('noise', shapes.noise)));
    outputs['reconstruction.image'] = autoencoder.decode(network.scope, mean);
    outputs['decode.image'] = autoencoder.decode(network.scope, input('latents', shapes.latents));
  } else {
    outputs['encode.latents'] = mean;
    if (config.kind === 'tiny') {
      const scaled = add(mul(mean, 1 / (2 * config.latent_magnitude)), config.latent_shift);
      outputs['encode.scaled_latents'] = minimum(maximum(scaled, 0), 1);
    }
    outputs['decode.image'] = autoencoder.decode(network.scope, mean);
  }
  const traces = { ...network.traces, ...encoderTraces };
  const traced = Object.fromEntries(
    activations.map((name) => {
      if (!Object.hasOwn(traces, name))
        throw new Error(`The reference names the module "${name}", which this network lacks.`);
      return [`activation:${name}`, traces[name]];
    }),
  );
  return { outputs, traced };
}
