import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorData } from '@rewardedit/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseClipTextConfig } from './clip-text-config.ts';
import { openLoras, writeLora } from './lora-file.ts';
import { loraParameters, mergedWithLora } from './lora.ts';
import { unetParameters } from './network-parameters.ts';
import { initialParameters, type ParameterSpecs } from './parameters.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { parseUNetConfig } from './unet-config.ts';

const WIDTH = 4;
const MODEL = {
  unet: parseUNetConfig({
    in_channels: 2,
    out_channels: 2,
    block_out_channels: [WIDTH],
    layers_per_block: 1,
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['UpBlock2D'],
    attention_head_dim: 2,
    cross_attention_dim: WIDTH,
    norm_num_groups: 2,
  }),
  textEncoder: parseClipTextConfig({
    vocab_size: 10,
    hidden_size: WIDTH,
    intermediate_size: WIDTH,
    num_hidden_layers: 1,
    num_attention_heads: 2,
  }),
};
const ATTENTION = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1';
const WEIGHT = `unet.${ATTENTION}.to_q.weight`;
const PROJECTION = `unet.${ATTENTION}.to_out.0.weight`;
const WORD = 'text_encoder.text_model.encoder.layers.0.self_attn.q_proj.weight';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function write(
  tensors: Readonly<Record<string, readonly [shape: readonly number[], values: readonly number[]]>>,
  metadata?: Record<string, string>,
): Promise<string> {
  const path = join(folder, `${count++}.safetensors`);
  const shapes = Object.entries(tensors).map(([name, [shape]]) => [name, { shape }] as const);
  await writeSafetensors(
    path,
    Object.fromEntries(shapes),
    (name) => Float32Array.from(tensors[name][1]),
    metadata,
  );
  return path;
}

/** What files make of a weight that is zero. */
async function added(
  weight: string,
  ...choices: readonly { path: string; strength?: number }[]
): Promise<TensorData> {
  const loras = await openLoras(MODEL, choices);
  try {
    return await loras.merged(weight, new Float32Array(WIDTH ** 2));
  } finally {
    await loras.close();
  }
}

const A = [[1, WIDTH] as const, [1, 2, 3, 0]] as const;
const B = [[WIDTH, 1] as const, [1, 0, 0, 2]] as const;
const PRODUCT = [1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 6, 0];
const times = (factor: number) => PRODUCT.map((value) => value * factor);

it('is written so that merging it without alpha gives the trained model', async () => {
  const settings = { rank: 2, alpha: 6, convolutions: true };
  const base: ParameterSpecs = Object.fromEntries(
    Object.entries(unetParameters(MODEL.unet)).map(([name, spec]) => [`unet.${name}`, spec]),
  );
  const parameters = loraParameters(base, settings);
  const specs = Object.entries({ ...base, ...parameters }).map(
    // B as well, which starts at zero.
    ([name, spec]) => [name, { ...spec, initialization: { kind: 'normal', deviation: 1 } as const }] as const,
  );
  const values = new Map(initialParameters(Object.fromEntries(specs), 5));
  const read = async (name: string) => values.get(name)!;
  const path = join(folder, 'own.safetensors');
  await writeLora(path, parameters, settings, read);
  const loras = await openLoras(MODEL, [{ path }]);
  for (const weight of [WEIGHT, 'unet.mid_block.resnets.0.conv1.weight', 'unet.conv_out.weight']) {
    const merged = await loras.merged(weight, values.get(weight)!);
    const expected = await mergedWithLora(weight, read, parameters, settings);
    Array.from(expected).forEach((value, i) => expect(merged[i]).toBeCloseTo(value, 4));
  }
  await loras.close();
});

describe('is read in all layouts', () => {
  const layer = `unet.${ATTENTION}.to_q`;
  const underscored = `lora_unet_${ATTENTION.replaceAll('.', '_')}`;
  it.each([
    ['PEFT', WEIGHT, `${layer}.lora_A.weight`, `${layer}.lora_B.weight`],
    ['older diffusers', WEIGHT, `${layer}.lora.down.weight`, `${layer}.lora.up.weight`],
    [
      'processors of attention',
      PROJECTION,
      `unet.${ATTENTION}.processor.to_out_lora.down.weight`,
      `unet.${ATTENTION}.processor.to_out_lora.up.weight`,
    ],
    [
      'processors without a prefix',
      WEIGHT,
      `${ATTENTION}.processor.to_q_lora.down.weight`,
      `${ATTENTION}.processor.to_q_lora.up.weight`,
    ],
    [
      "kohya's scripts",
      PROJECTION,
      `${underscored}_to_out_0.lora_down.weight`,
      `${underscored}_to_out_0.lora_up.weight`,
    ],
    [
      "kohya's scripts, a text encoder",
      WORD,
      'lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight',
      'lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight',
    ],
    [
      'older diffusers, a text encoder',
      WORD,
      WORD.replace('.weight', '.lora_linear_layer.down.weight'),
      WORD.replace('.weight', '.lora_linear_layer.up.weight'),
    ],
    [
      'PEFT, a text encoder of transformers 5',
      WORD,
      WORD.replace('text_model.', '').replace('.weight', '.lora_A.weight'),
      WORD.replace('text_model.', '').replace('.weight', '.lora_B.weight'),
    ],
  ])('%s', async (_, weight, a, b) => {
    const path = await write({ [a]: A, [b]: B });
    expect([...(await added(weight, { path }))]).toEqual(PRODUCT);
    expect(await added('unet.conv_in.weight', { path })).toEqual(new Float32Array(WIDTH ** 2));
  });

  it('with its own alpha, at another strength, and several together', async () => {
    const path = await write({
      [`${layer}.lora.down.weight`]: A,
      [`${layer}.lora.up.weight`]: B,
      [`${layer}.alpha`]: [[], [0.5]],
    });
    expect([...(await added(WEIGHT, { path }))]).toEqual(times(0.5));
    expect([...(await added(WEIGHT, { path, strength: 4 }, { path }))]).toEqual(times(2.5));
  });

  it.each([
    [{ 'unet.lora_alpha': 3, 'unet.r': 1 }, 3],
    [{ 'unet.lora_alpha': 3, 'unet.r': 1, 'unet.alpha_pattern': { 'attn1.to_q': 7 } }, 7],
    [{ 'unet.r': 1, 'text_encoder.lora_alpha': 9 }, 1],
  ])('with PEFT settings %j in the metadata', async (settings, factor) => {
    const metadata = { format: 'pt', lora_adapter_metadata: JSON.stringify(settings) };
    const path = await write({ [`${layer}.lora_A.weight`]: A, [`${layer}.lora_B.weight`]: B }, metadata);
    expect([...(await added(WEIGHT, { path }))]).toEqual(times(factor));
  });
});

describe('is rejected by name if it belongs to another model', () => {
  const a = WEIGHT.replace('.weight', '.lora_A.weight');
  const b = WEIGHT.replace('.weight', '.lora_B.weight');
  it.each([
    [
      'a stranger',
      { 'unet.q.lora_A.weight': A, 'unet.control.weight': A },
      '2 tensors match no weight: unet.control.weight, unet.q.lora_A.weight',
    ],
    ['half a layer', { [a]: A }, `${WEIGHT} has only one of lora_A and lora_B`],
    [
      'another width',
      {
        [a]: A,
        [b]: [
          [2, 1],
          [1, 2],
        ] as const,
      },
      `lora_A and lora_B of ${WEIGHT} do not have its shape`,
    ],
    ['nothing', {}, 'it is empty'],
  ] as const)('%s', async (_, tensors, message) => {
    const path = await write(tensors);
    await expect(added(WEIGHT, { path })).rejects.toMatchObject({ code: 'bad-input', where: path });
    await expect(added(WEIGHT, { path })).rejects.toThrow(message);
  });
});
