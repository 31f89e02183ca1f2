import { join } from 'node:path';
import { cast, input, program, type Backend, type TensorData } from '@rewardedit/graph';
import { createNetwork, parseQFormerConfig, qformer, type QFormerConfig } from '@rewardedit/models';
import type { Group } from '../comparison.ts';
import { runNetwork } from '../network-run.ts';
import { readTensors, type ReferenceSet, type Tensors } from '../reference-sets.ts';
import { askedBy, compareRun, meanSquaredError, readExpected, readWeights } from './set.ts';

/**
 * Checks `smartedit-qformer` sets: output, loss, activations and gradients, including samples whose states
 * are all hidden, and if the set has `visible_only`, a sample with only its visible states.
 */
export async function checkQFormer({ folder, facts }: ReferenceSet, backend: Backend): Promise<Group[]> {
  const config = parseQFormerConfig(facts.config, join(folder, 'reference.json'));
  const given = await readTensors(join(folder, 'inputs.safetensors'));
  const expected = await readExpected(folder);
  const network = createNetwork();
  const states = input('hidden_states', given.shapes.hidden_states);
  const visible = cast(input('encoder_attention_mask', given.shapes.encoder_attention_mask, 'i32'), 'f32');
  const output = qformer(network.scope, config, states, { visible });
  const loss = meanSquaredError(output, input('target', given.shapes.target));
  const read = await readWeights(folder, network.specs, [{ file: 'model.safetensors', has: () => true }]);
  const results = await runNetwork(
    backend,
    {
      network,
      outputs: { output, loss },
      loss,
      differentiable: { hidden_states: states },
      read,
      given: given.values,
    },
    askedBy(expected, Object.keys(network.parameters)),
  );
  const alone =
    'visible_only' in expected.outputs
      ? { visible_only: await visibleOnly(backend, config, read, given, Number(facts.visible_only_sample)) }
      : {};
  return compareRun({ ...results, outputs: { ...results.outputs, ...alone } }, expected);
}

/** The output for one sample with only its visible states and no mask, as at inference. */
async function visibleOnly(
  backend: Backend,
  config: QFormerConfig,
  read: (name: string) => Promise<TensorData>,
  { values, shapes }: Tensors,
  sample: number,
): Promise<TensorData> {
  const [, positions, width] = shapes.hidden_states;
  const mask = values.encoder_attention_mask.subarray(sample * positions, (sample + 1) * positions);
  const seen = [...mask].flatMap((visible, i) => (visible ? [sample * positions + i] : []));
  const states = seen.flatMap((row) => [...values.hidden_states.subarray(row * width, (row + 1) * width)]);
  const network = createNetwork();
  const output = qformer(network.scope, config, input('hidden_states', [1, seen.length, width]));
  const state = await backend.createState(network.specs);
  try {
    for (const name of Object.keys(network.specs)) await state.write(name, await read(name));
    const executable = await backend.compile(program({ outputs: { output } }), state);
    const results = await executable.run({ hidden_states: Float32Array.from(states) });
    await executable.dispose();
    return results.output;
  } finally {
    await state.dispose();
  }
}
