import { createRandom } from '@rewardedit/core';
import {
  evaluateTensors,
  gradients,
  input,
  mean,
  mul,
  nodesOf,
  program,
  sizeOf,
  type Tensor,
} from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { parseClipTextConfig } from './clip-text-config.ts';
import { clipText } from './clip-text.ts';
import { createNetwork, type NetworkTypes, type Scope } from './parameters.ts';
import { parseUNetConfig } from './unet-config.ts';
import { unetInputs } from './unet-inputs.ts';
import { unet } from './unet.ts';

const UNET = parseUNetConfig({
  in_channels: 2,
  out_channels: 2,
  block_out_channels: [4, 8],
  layers_per_block: 1,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
  attention_head_dim: 2,
  cross_attention_dim: 8,
  norm_num_groups: 2,
  reward: { text_width: 8, score_width: 4, attention_heads: 2, norm_num_groups: 2, score_scale: 10 },
});
const TEXT = parseClipTextConfig({
  vocab_size: 50,
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 8,
});

const NETWORKS: Record<string, (scope: Scope) => Tensor> = {
  'a U-Net with rewards': (scope) =>
    unet(scope, UNET, unetInputs(UNET, { batch: 1, height: 4, width: 4, tokens: 3 })),
  'a text encoder with padding': (scope) =>
    clipText(scope, TEXT, input('ids', [1, 5], 'i32'), { attentionMask: input('mask', [1, 5]) }),
};

describe.each(Object.entries(NETWORKS))('%s', (_, build) => {
  function built(types: NetworkTypes) {
    const network = createNetwork(types);
    const output = build(network.scope);
    return { network, output, loss: mean(mul(output, output)) };
  }

  it.each([
    [{ parameters: 'f16' }, 'f16'],
    [{ parameters: 'f32', layers: 'f16' }, 'f16'],
    [{ parameters: 'f16', layers: 'f32' }, 'f32'],
  ] as const)('can be built with %o', (types, dtype) => {
    const { network, output } = built(types);
    expect(output.dtype).toBe(dtype);
    expect(Object.values(network.specs).every((spec) => spec.dtype === types.parameters)).toBe(true);
    const matrices = nodesOf(program({ outputs: { output } })).filter(({ op }) => op.name === 'matmul');
    expect(new Set(matrices.map((each) => each.dtype))).toEqual(new Set([dtype]));
  });

  it('has f32 gradients for f32 parameters, and the same function in every type', () => {
    const [single, mixed] = [built({}), built({ layers: 'f16' })].map(({ network, loss }) => {
      const leaves = Object.values(network.parameters);
      const found = gradients(loss, leaves);
      expect(found.every((gradient) => gradient.dtype === 'f32')).toBe(true);
      const { inputs, state } = program({
        outputs: Object.fromEntries(found.map((each, i) => [`${i}`, each])),
      });
      const values = (specs: typeof inputs) =>
        Object.fromEntries(
          Object.entries(specs).map(([name, { shape, dtype }]) => {
            const numbers = new Float32Array(sizeOf(shape));
            createRandom(1, name).fillNormal(numbers);
            if (dtype === 'i32') return [name, numbers.map((value) => Math.floor(Math.abs(value) * 10))];
            return [name, name === 'mask' ? Float32Array.of(1, 1, 1, 1, 0) : numbers];
          }),
        );
      return evaluateTensors(found, { inputs: values(inputs), state: values(state) });
    });
    for (const [i, gradient] of single.entries()) {
      const largest = Math.max(...gradient.map(Math.abs));
      const error = Math.max(...gradient.map((value, k) => Math.abs(value - mixed[i][k])));
      expect(error).toBeLessThanOrEqual(1e-9 * Math.max(largest, 1e-3));
    }
  });
});
