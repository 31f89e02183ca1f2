import { evaluate, float32Of, program, sizeOf, type Tensor } from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { adaptedByLora, loraParameters, mergedWithLora } from './lora.ts';
import { createNetwork, initialParameters } from './parameters.ts';
import { parseUNetConfig } from './unet-config.ts';
import { unetInputs } from './unet-inputs.ts';
import { unet } from './unet.ts';

const config = parseUNetConfig({
  in_channels: 2,
  out_channels: 2,
  block_out_channels: [4, 8],
  layers_per_block: 1,
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: 2,
  cross_attention_dim: 3,
  norm_num_groups: 2,
});
const settings = { rank: 2, alpha: 3, convolutions: true };

function network(recompute = false) {
  const network = createNetwork();
  const inputs = unetInputs(config, { batch: 2, height: 4, width: 4, tokens: 3 });
  const output = unet(network.scope.at('unet'), config, inputs, { recompute });
  return { network, output };
}

const numbers = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + phase));

function valueOf(output: Tensor, state: Record<string, Float32Array>): Float64Array {
  const { inputs } = program({ outputs: { output } });
  const given = Object.entries(inputs).map(([name, { shape }], i) => [name, numbers(sizeOf(shape), i)]);
  const forward = program({ outputs: { output } });
  return evaluate(forward, { inputs: Object.fromEntries(given), state }).outputs['output'];
}

describe('LoRA layers', () => {
  const { network: base, output } = network();
  const parameters = loraParameters(base.specs, settings);
  const adapted = adaptedByLora({ output }, parameters, settings);
  const weights = Object.fromEntries(initialParameters(base.specs, 1));
  const start = { ...weights, ...Object.fromEntries(initialParameters(parameters, 1)) };

  it('adapt the projections of attention, and convolutions if selected', () => {
    const attention = Object.keys(loraParameters(base.specs, { ...settings, convolutions: false }));
    // Down, middle and up, each with two attentions of four projections, an A and a B each.
    expect(attention).toHaveLength(4 * 2 * 4 * 2);
    expect(attention).toContain(
      'unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_out.0.lora_B.weight',
    );
    const convolutions = Object.keys(parameters).filter((name) => !attention.includes(name));
    expect(convolutions).toContain('unet.mid_block.resnets.1.conv2.lora_A.weight');
    expect(parameters['unet.down_blocks.1.resnets.0.conv1.lora_A.weight'].shape).toEqual([2, 4, 3, 3]);
    expect(parameters['unet.down_blocks.1.resnets.0.conv1.lora_B.weight'].shape).toEqual([8, 2, 1, 1]);
    expect(Object.keys(adapted.parameters).toSorted()).toEqual(Object.keys(parameters).toSorted());
  });

  it('change nothing at first', () => {
    expect(valueOf(adapted.outputs['output'], start)).toEqual(valueOf(output, weights));
  });

  it('give the same network when merged into the weights', async () => {
    const trained = Object.fromEntries(
      Object.entries(start).map(([name, values], i) => [
        name,
        name.includes('.lora_B.') ? numbers(values.length, i).map((value) => 0.1 * value) : values,
      ]),
    );
    const merged: Record<string, Float32Array> = {};
    for (const name of Object.keys(weights))
      merged[name] = float32Of(
        await mergedWithLora(name, async (each) => trained[each], parameters, settings),
      );
    const [beside, inside] = [valueOf(adapted.outputs['output'], trained), valueOf(output, merged)];
    const plain = valueOf(output, weights);
    const largest = (from: Float64Array, to: Float64Array) =>
      Math.max(...from.map((value, i) => Math.abs(value - to[i])));
    expect(largest(beside, plain)).toBeGreaterThan(0.01);
    expect(largest(beside, inside)).toBeLessThan(1e-5);
  });

  it('work in recomputed blocks', () => {
    const again = network(true);
    const { outputs } = adaptedByLora({ output: again.output }, parameters, settings);
    expect(valueOf(outputs['output'], start)).toEqual(valueOf(output, weights));
  });

  it('are rejected if the graph has no such layer', () => {
    const other = {
      ...parameters,
      'unet.elsewhere.attn1.to_q.lora_A.weight': parameters[Object.keys(parameters)[0]],
    };
    expect(() => adaptedByLora({ output }, other, settings)).toThrow('elsewhere');
  });
});
