import { createRandom } from '@rewardedit/core';
import { evaluate, input, program, type Tensor, type TensorData } from '@rewardedit/graph';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNetwork, initialParameters, type Network } from '../parameters.ts';
import { parseBimConfig } from './bim-config.ts';
import { bim } from './bim.ts';
import { parseQFormerConfig } from './qformer-config.ts';
import { qformer } from './qformer.ts';
import {
  slowLinear,
  slowQFormer,
  slowResize,
  slowTwoWay,
  type Rows,
  type Weights,
} from './slow-reference.test.helper.ts';

// Sizes that no reference set has: nothing may be hard-coded.
const RUNS = { numRuns: 12, seed: 14 };
const small = (max: number, min = 1) => fc.integer({ min, max });

/** Weights all of which count: also those that start at zero or one. */
function drawn(network: Network, seed: number): Map<string, Float32Array> {
  const values = new Map(initialParameters(network.specs, seed));
  for (const [name, array] of values) {
    const random = createRandom(seed, 'variant', name);
    array.forEach((value, i) => (array[i] = value + 0.2 * (random.uniform() - 0.5)));
  }
  return values;
}
const weightsOf =
  (network: Network, values: ReadonlyMap<string, Float32Array>): Weights =>
  (name) => ({ shape: network.specs[name].shape, values: values.get(name)! });

function rowsOf(values: ArrayLike<number>, width: number, from = 0, count = values.length / width): Rows {
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: width }, (_, i) => values[(from + row) * width + i]),
  );
}
const normal = (seed: number, length: number) => {
  const values = new Float32Array(length);
  createRandom(seed, 'input').fillNormal(values);
  return values;
};
/** Computed in float64 by the reference evaluator. */
function outputsOf(
  outputs: Record<string, Tensor>,
  network: Network,
  values: ReadonlyMap<string, Float32Array>,
  inputs: Record<string, TensorData>,
) {
  const { outputs: found } = evaluate(program({ outputs }), {
    inputs,
    state: Object.fromEntries([...values].filter(([name]) => name in network.specs)),
  });
  return found;
}
function expectClose(found: ArrayLike<number>, expected: readonly number[]) {
  expect(found).toHaveLength(expected.length);
  const largest = Math.max(...expected.map((value, i) => Math.abs(found[i] - value)));
  expect(largest).toBeLessThan(2e-6);
}

describe('of any size, against a scalar implementation', () => {
  it('the Q-Former, with samples that see some, all or none of the states', () => {
    const variant = fc.record({
      heads: small(3),
      headWidth: small(3).map((n) => 2 * n),
      layers: small(4),
      frequency: small(3),
      inner: small(9),
      queries: small(6),
      states: small(6),
      width: small(7),
      seed: small(1e6),
    });
    fc.assert(
      fc.property(variant, ({ heads, headWidth, layers, frequency, inner, queries, states, width, seed }) => {
        const config = parseQFormerConfig(
          {
            ...{ hidden_size: heads * headWidth, num_attention_heads: heads, num_hidden_layers: layers },
            ...{ cross_attention_freq: frequency, intermediate_size: inner },
            ...{ query_length: queries, encoder_width: width },
          },
          'variant',
        );
        const network = createNetwork();
        const samples = 3;
        const given = normal(seed, samples * states * width);
        const seen = Float32Array.from({ length: samples * states }, (_, i) =>
          Math.floor(i / states) === 0 ? 1 : Math.floor(i / states) === 1 ? 0 : (i * 7 + seed) % 2,
        );
        const output = qformer(network.scope, config, input('states', [samples, states, width]), {
          visible: input('seen', [samples, states]),
        });
        const values = drawn(network, seed);
        const found = outputsOf({ output }, network, values, { states: given, seen })['output'];
        const expected = Array.from({ length: samples }, (_, sample) =>
          slowQFormer(
            weightsOf(network, values),
            { layers, heads, frequency },
            rowsOf(given, width, sample * states, states),
            Array.from({ length: states }, (_, i) => seen[sample * states + i] === 1),
          ),
        );
        expectClose(found, expected.flat(2));
      }),
      RUNS,
    );
  });

  it('the interaction module, with grids and maps of odd sizes', () => {
    const variant = fc.record({
      heads: small(2),
      half: small(3),
      depth: small(3),
      inner: small(7),
      context: small(6),
      tokens: small(5),
      channels: small(5),
      grid: fc.tuple(small(4), small(4)),
      latent: fc.tuple(small(7), small(7)),
      scale: fc.constantFrom(0.5, 1, 0.25),
      seed: small(1e6),
    });
    fc.assert(
      fc.property(
        variant,
        ({ heads, half, depth, inner, context, tokens, channels, grid, latent, scale, seed }) => {
          const width = 2 * heads * half;
          const config = parseBimConfig(
            {
              ...{ width, context_width: context, depth, heads, mlp_width: inner },
              ...{ map_channels: channels, context_scale: scale },
            },
            'variant',
          );
          const network = createNetwork();
          const pixels = grid[0] * grid[1];
          const [queries, features] = [normal(seed, tokens * context), normal(seed + 1, pixels * width)];
          const told = bim(
            network.scope,
            config,
            {
              queries: input('queries', [1, tokens, context]),
              imageFeatures: input('features', [1, pixels, width]),
            },
            {
              grid: { height: grid[0], width: grid[1] },
              latent: { height: latent[0], width: latent[1] },
            },
          );
          const values = drawn(network, seed);
          const found = outputsOf({ context: told.context, map: told.featureMap }, network, values, {
            queries,
            features,
          });

          const weights = weightsOf(network, values);
          const matrix = values.get('pe_layer.positional_encoding_gaussian_matrix')!;
          const positions = Array.from({ length: pixels }, (_, pixel) => {
            const x = (2 * ((pixel % grid[1]) + 0.5)) / grid[1] - 1;
            const y = (2 * (Math.floor(pixel / grid[1]) + 0.5)) / grid[0] - 1;
            const turns = Array.from(
              { length: width / 2 },
              (_, i) => 2 * Math.PI * (x * matrix[i] + y * matrix[width / 2 + i]),
            );
            return [...turns.map(Math.sin), ...turns.map(Math.cos)];
          });
          const asked = rowsOf(queries, context);
          const twoWay = slowTwoWay(
            weights,
            { depth, heads },
            { tokens: slowLinear(weights, 'modulate_head', asked), image: rowsOf(features, width) },
            positions,
          );
          const projected = slowLinear(weights, 'dimension_reduction_head_qformer_out', twoWay.tokens);
          expectClose(
            found['context'],
            asked.flatMap((row, i) => row.map((value, j) => value + scale * projected[i][j])),
          );
          // The original's order: first the resize, then the convolution.
          const resized = slowResize(twoWay.image, grid, latent);
          const map = slowLinear(weights, 'dimension_reduction_head_zeroconv', resized);
          expectClose(
            found['map'],
            Array.from({ length: channels }, (_, c) => map.map((row) => row[c])).flat(),
          );
        },
      ),
      RUNS,
    );
  });
});
