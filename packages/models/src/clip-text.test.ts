import { evaluateTensors, input } from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { parseClipTextConfig } from './clip-text-config.ts';
import { clipText, pooledPositions, pooledText } from './clip-text.ts';
import { clipTextParameters } from './network-parameters.ts';
import { createNetwork, parameterCount } from './parameters.ts';
import { largestDifference, readJsonFile, readTensors, referenceSet } from './reference.test.helper.ts';

const FOLDER = referenceSet('clip-text-tiny');
const TOKENS = 16;

describe.each(['quick_gelu', 'gelu'])(
  'against transformers, %s (fixtures/reference/clip-text-tiny)',
  (name) => {
    const config = parseClipTextConfig(readJsonFile(`${FOLDER}/${name}/config.json`));

    async function encode(masked: boolean) {
      const state = await readTensors(`${FOLDER}/${name}/model.safetensors`);
      const given = await readTensors(`${FOLDER}/inputs.safetensors`);
      const network = createNetwork();
      const ids = input('input_ids', [4, TOKENS], 'i32');
      const encoded = clipText(network.scope, config, ids, {
        ...(masked && { attentionMask: input('attention_mask', [4, TOKENS]) }),
      });
      const positions = input('positions', [4], 'i32');
      const tensors = {
        last_hidden_state: encoded,
        pooler_output: pooledText(encoded, positions),
        'hidden_states.0': network.traces['text_model.embeddings'],
        'hidden_states.1': network.traces['text_model.encoder.layers.0'],
        'hidden_states.2': network.traces['text_model.encoder.layers.1'],
      };
      const run = (eos: number) => {
        const rule = { ...config, eos_token_id: eos };
        const rows = pooledPositions(rule, given.input_ids as Int32Array, TOKENS);
        const values = evaluateTensors(Object.values(tensors), {
          state,
          inputs: { ...given, positions: rows },
        });
        return Object.fromEntries(Object.keys(tensors).map((key, i) => [key, values[i]]));
      };
      return run;
    }

    it('has the same hidden states', async () => {
      const expected = await readTensors(`${FOLDER}/${name}/outputs.safetensors`);
      const found = (await encode(false))(2);
      const keys = ['last_hidden_state', 'hidden_states.0', 'hidden_states.1', 'hidden_states.2'];
      const off = keys.filter((key) => largestDifference(found[key], expected[key]) > 2e-5);
      expect(off).toEqual([]);
      const masked = (await encode(true))(2);
      expect(largestDifference(masked.last_hidden_state, expected['masked.last_hidden_state'])).toBeLessThan(
        2e-5,
      );
    });

    it.each([2, 199, 150])('pools at the same token with eos_token_id %i', async (eos) => {
      const expected = await readTensors(`${FOLDER}/${name}/pooled.safetensors`);
      const plain = (await encode(false))(eos).pooler_output;
      expect(largestDifference(plain, expected[`eos_token_id_${eos}.pooler_output`])).toBeLessThan(2e-5);
      const masked = (await encode(true))(eos).pooler_output;
      expect(largestDifference(masked, expected[`eos_token_id_${eos}.masked.pooler_output`])).toBeLessThan(
        2e-5,
      );
    });
  },
);

describe('CLIP ViT-L/14', () => {
  it("has as many parameters as Stable Diffusion 1.5's text encoder", () => {
    const config = parseClipTextConfig({
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
    });
    expect(parameterCount(clipTextParameters(config))).toBe(123_060_480);
  });
});

describe('parseClipTextConfig', () => {
  it('ignores general keys of transformers', () => {
    expect(parseClipTextConfig({ torch_dtype: 'float32', return_dict: true })).not.toHaveProperty(
      'return_dict',
    );
  });

  it('names what is wrong', () => {
    expect(() => parseClipTextConfig({ hidden_act: 'relu' })).toThrow(/hidden_act is "relu".*"quick_gelu"/);
    expect(() => parseClipTextConfig({ num_attention_heads: 7 })).toThrow(/num_attention_heads/);
  });

  it('rejects more tokens than positions', () => {
    const config = parseClipTextConfig({ max_position_embeddings: 8 });
    expect(() => clipText(createNetwork().scope, config, input('ids', [1, 9], 'i32'))).toThrow('8 positions');
  });
});
