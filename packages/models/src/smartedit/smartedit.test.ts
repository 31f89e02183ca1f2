import { evaluateTensors, input } from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { createNetwork, initialParameters, parameterCount } from '../parameters.ts';
import { parseBimConfig } from './bim-config.ts';
import { bim } from './bim.ts';
import { parseClipVisionConfig } from './clip-vision-config.ts';
import { clipVision } from './clip-vision.ts';
import { parseLlamaConfig } from './llama-config.ts';
import { llama, tokenVectors } from './llama.ts';
import { parseQFormerConfig } from './qformer-config.ts';
import { qformer } from './qformer.ts';
import { querySpread } from './query-spread.ts';

describe('the original sizes', () => {
  it.each([
    [4096, 65.0],
    [5120, 69.7],
  ])('Q-Former and queries at a language model of %i: %f M', (width, millions) => {
    const network = createNetwork();
    const config = parseQFormerConfig({ encoder_width: width }, 'qformer');
    qformer(network.scope, config, input('states', [1, 32, width]));
    expect(parameterCount(network.specs) / 1e6).toBeCloseTo(millions, 1);
  });

  it('interaction module: 29.2 M', () => {
    const network = createNetwork();
    const given = { queries: input('q', [1, 77, 768]), imageFeatures: input('i', [1, 256, 1024]) };
    const grid = { height: 16, width: 16 };
    const told = bim(network.scope, parseBimConfig({}, 'bim'), given, {
      grid,
      latent: { height: 32, width: 40 },
    });
    expect(parameterCount(network.specs) / 1e6).toBeCloseTo(29.2, 1);
    expect(told.featureMap.shape).toEqual([1, 320, 32, 40]);
  });
});

describe('bim', () => {
  it('adds no information at its initialization', () => {
    const network = createNetwork();
    const config = parseBimConfig(
      { width: 8, context_width: 4, heads: 2, mlp_width: 8, map_channels: 3 },
      'bim',
    );
    const size = { height: 2, width: 3 };
    const given = { queries: input('q', [1, 2, 4]), imageFeatures: input('i', [1, 6, 8]) };
    const { context, featureMap } = bim(network.scope, config, given, { grid: size, latent: size });
    const state = Object.fromEntries(initialParameters(network.specs, 1));
    const inputs = { q: new Float32Array(8).fill(0.5), i: new Float32Array(48).map((_, i) => Math.sin(i)) };
    const [told, map] = evaluateTensors([context, featureMap], { state, inputs });
    expect(Math.max(...map.map(Math.abs))).toBe(0);
    expect([...told]).toEqual([...inputs.q]);
  });
});

describe('llama', () => {
  const config = parseLlamaConfig(
    { vocab_size: 9, hidden_size: 8, intermediate_size: 12, num_hidden_layers: 2, num_attention_heads: 2 },
    'llm',
  );
  function states(ids: number[], visible?: number[]) {
    const network = createNetwork();
    const tokens = ids.length;
    const vectors = tokenVectors(network.scope, config, input('ids', [1, tokens], 'i32'));
    const hidden = llama(network.scope, config, vectors, visible && input('visible', [1, tokens]));
    const state = Object.fromEntries(initialParameters(network.specs, 3));
    const inputs = { ids: Int32Array.from(ids), ...(visible && { visible: Float32Array.from(visible) }) };
    return [...evaluateTensors([hidden], { state, inputs })[0]];
  }

  it('attends neither to later positions nor to padding', () => {
    const [short, long] = [states([1, 2, 3]), states([1, 2, 3, 4, 5])];
    expect(long.slice(0, short.length)).toEqual(short);
    expect(states([1, 2, 3, 8, 8], [1, 1, 1, 0, 0]).slice(0, short.length)).toEqual(short);
  });

  it('depends on the order of words', () => {
    const width = 8;
    expect(states([1, 2, 3]).slice(-width)).not.toEqual(states([2, 1, 3]).slice(-width));
  });

  it('rejects unsupported settings', () => {
    expect(() => parseLlamaConfig({ num_key_value_heads: 8 }, 'llm')).toThrow(/num_key_value_heads is 8.*32/);
    expect(() => parseLlamaConfig({ rope_scaling: { type: 'linear' } }, 'llm')).toThrow('rope_scaling');
    expect(() => parseLlamaConfig({ num_attention_heads: 3 }, 'llm')).toThrow('num_attention_heads');
  });
});

describe('clipVision', () => {
  it('has no weights after its hidden state, and rejects other sizes', () => {
    const config = parseClipVisionConfig(
      {
        hidden_size: 8,
        intermediate_size: 8,
        num_hidden_layers: 3,
        num_attention_heads: 2,
        image_size: 8,
        patch_size: 4,
      },
      'vision',
    );
    const network = createNetwork();
    expect(clipVision(network.scope, config, input('x', [2, 3, 8, 8])).shape).toEqual([2, 4, 8]);
    const layers = new Set(
      Object.keys(network.specs).flatMap((name) => /layers\.(\d+)/.exec(name)?.[1] ?? []),
    );
    expect([...layers]).toEqual(['0', '1']);
    expect(() => clipVision(network.scope, config, input('x', [2, 3, 8, 12]))).toThrow('8 x 8');
  });
});

describe('querySpread', () => {
  it('is zero if all queries are equal, and near 1 if they are unrelated', () => {
    const of = (values: number[]) =>
      evaluateTensors([querySpread(input('x', [1, 2, 2]))], {
        inputs: { x: Float32Array.from(values) },
      })[0][0];
    expect(of([1, 2, 1, 2])).toBe(0);
    expect(of([1, -1, -1, 1])).toBe(1);
  });
});
