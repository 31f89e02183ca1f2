import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cast, input, program, type Backend, type Tensor, type TensorData } from '@rewardedit/graph';
import {
  clipText,
  clipTextNames,
  clipTextParameters,
  createNetwork,
  loadWeights,
  openSafetensors,
  parseClipTextConfig,
  pooledPositions,
  pooledText,
  type ClipTextConfig,
} from '@rewardedit/models';
import { compareAll, type Group } from './comparison.ts';
import { readJsonFile, readTensors, type ReferenceSet, type Tensors } from './reference-sets.ts';

const TOLERANCE = { absolute: 2e-5, relative: 0 };

/**
 * Checks `clip-text` sets, one folder per variant of the encoder: hidden states with and without an attention
 * mask, and pooled vectors under several rules for the end of a text.
 */
export async function checkClipText({ folder }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const entries = await readdir(folder, { withFileTypes: true });
  const variants = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const groups: Group[] = [];
  for (const variant of variants.toSorted()) {
    const place = join(folder, variant);
    const configFile = join(place, 'config.json');
    const config = parseClipTextConfig(await readJsonFile(configFile), configFile);
    const outputs = await readTensors(join(place, 'outputs.safetensors'));
    const pooled = await readTensors(join(place, 'pooled.safetensors'));
    const found: Record<string, TensorData> = {};
    for (const masked of [false, true]) {
      Object.assign(found, await encode(backend, place, config, given, masked, Object.keys(pooled.values)));
    }
    groups.push(compareAll(`${variant} hidden states`, found, outputs.values, TOLERANCE));
    groups.push(compareAll(`${variant} pooled`, found, pooled.values, TOLERANCE));
  }
  return groups;
}

/** Runs the encoder once; returns its tensors under the reference's names. */
async function encode(
  backend: Backend,
  folder: string,
  config: ClipTextConfig,
  given: Tensors,
  masked: boolean,
  pooledNames: readonly string[],
): Promise<Record<string, TensorData>> {
  const [texts, tokens] = given.shapes.input_ids;
  const network = createNetwork();
  const encoded = clipText(network.scope, config, input('input_ids', [texts, tokens], 'i32'), {
    ...(masked && { attentionMask: cast(input('attention_mask', [texts, tokens], 'i32'), 'f32') }),
  });
  const outputs: Record<string, Tensor> = masked
    ? { 'masked.last_hidden_state': encoded }
    : {
        last_hidden_state: encoded,
        'hidden_states.0': network.traces['text_model.embeddings'],
        ...Object.fromEntries(
          Array.from({ length: config.num_hidden_layers }, (_, layer) => [
            `hidden_states.${layer + 1}`,
            network.traces[`text_model.encoder.layers.${layer}`],
          ]),
        ),
      };
  const positions: Record<string, Int32Array> = {};
  for (const name of pooledNames) {
    const [, eos, mask] = /^eos_token_id_(\d+)\.(masked\.)?pooler_output$/.exec(name) ?? [];
    if (eos === undefined) throw new Error(`"${name}" is not a pooling rule.`);
    if ((mask !== undefined) !== masked) continue;
    const rule = { ...config, eos_token_id: Number(eos) };
    positions[`positions ${name}`] = pooledPositions(rule, Int32Array.from(given.values.input_ids), tokens);
    outputs[name] = pooledText(encoded, input(`positions ${name}`, [texts], 'i32'));
  }

  const state = await backend.createState(network.specs);
  const file = await openSafetensors(join(folder, 'model.safetensors'));
  const write = (name: string, values: TensorData) => state.write(name, values);
  try {
    await loadWeights(file, clipTextParameters(config), write, clipTextNames(file));
  } finally {
    await file.close();
  }
  const executable = await backend.compile(program({ outputs }), state);
  const results = await executable.run({ ...given.values, ...positions });
  await executable.dispose();
  await state.dispose();
  return results;
}
