import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeOf } from '@rewardedit/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ParameterSpecs } from '../parameters.ts';
import { writeCountingFile } from '../torch/torch-files.test.helper.ts';
import { isPublishedSmartEdit, openPublishedSmartEdit } from './published-files.ts';
import { smartEditConfigSchema } from './smartedit-config.ts';
import { smartEditParameters } from './smartedit.ts';

const CONFIG = smartEditConfigSchema.parse({
  image: { kind: 'convolutions', side: 8 },
  language: { kind: 'stored', positions: 4, width: 6, model: 'tiny', prompt: '{instruction}' },
  qformer: {
    hidden_size: 8,
    num_attention_heads: 1,
    num_hidden_layers: 3,
    intermediate_size: 12,
    query_length: 5,
    encoder_width: 6,
  },
  bim: { width: 16, context_width: 8, mlp_width: 10, map_channels: 4 },
});
const SMARTEDIT = smartEditParameters(CONFIG);
const UNET: ParameterSpecs = {
  'conv_in.weight': { shape: [4, 8, 3, 3], dtype: 'f32', initialization: { kind: 'constant', value: 0 } },
  'conv_in.bias': { shape: [4], dtype: 'f32', initialization: { kind: 'constant', value: 0 } },
};
const isInteraction = (name: string) => /^(modulate_|dimension_reduction_head_|pe_layer)/.test(name);
const isQFormer = (name: string) => name.startsWith('sd_');

const shapesOf = (specs: ParameterSpecs, has: (name: string) => boolean = () => true, prefix = '') =>
  Object.fromEntries(
    Object.entries(specs).flatMap(([name, { shape }]) => (has(name) ? [[prefix + name, shape]] : [])),
  );

let folder: string;
const QFORMER_FILE = 'embeddings_qformer/checkpoint-15000_embeddings_qformer.bin';
const files: Record<string, Record<string, readonly number[]>> = {
  [QFORMER_FILE]: {
    ...shapesOf(SMARTEDIT, isQFormer),
    'sd_qformer.embeddings.position_ids': [1, 5],
    'mm_projector.weight': [6, 4],
    'mm_projector.bias': [6],
    'lm_head.weight': [9, 6],
  },
  'modulate-15000/adapter_model.bin': shapesOf(SMARTEDIT, isInteraction),
  'unet-15000/adapter_model.bin': shapesOf(UNET, undefined, 'unet.'),
};

const write = async (changed: typeof files = {}) => {
  for (const [name, shapes] of Object.entries({ ...files, ...changed }))
    await writeCountingFile(join(folder, name), shapes);
};
/** What is said of the files, or 'fine'. */
const problem = async (): Promise<string> => {
  const opened = await openPublishedSmartEdit(folder).catch((error: unknown) => error as Error);
  if (opened instanceof Error) return opened.message;
  try {
    opened.assertFits({ smartEdit: SMARTEDIT, unet: UNET });
    return 'fine';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await opened.close();
  }
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartedit-7b-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe("SmartEdit's published files", () => {
  it('determine the architecture, and have each weight by its name', async () => {
    await write();
    expect(isPublishedSmartEdit(folder)).toBe(true);
    expect(await problem()).toBe('fine');
    const opened = await openPublishedSmartEdit(folder);
    expect(opened.qformer).toEqual(CONFIG.qformer);
    expect(opened.bim).toEqual(CONFIG.bim);
    const names = Object.keys(files['modulate-15000/adapter_model.bin']);
    const name = names[3];
    const values = await opened.read(name);
    expect([values[0], values.length]).toEqual([3, sizeOf(SMARTEDIT[name].shape)]);
    expect((await opened.readUNet('conv_in.bias'))[0]).toBe(1);
    await opened.close();
  });

  it('are rejected with LoRA layers that were not merged, missing or unexpected names, or a missing file', async () => {
    const qformer = files[QFORMER_FILE];
    const without = shapesOf(SMARTEDIT, (name) => isQFormer(name) && name !== 'sd_query_tokens');
    const cases: [Parameters<typeof write>[0], string][] = [
      [
        {
          'unet-15000/adapter_model.bin': {
            ...files['unet-15000/adapter_model.bin'],
            'unet.conv_in.lora_A.default.weight': [2, 4],
          },
        },
        'LoRA layers that were not merged, such as unet.conv_in.lora_A.default.weight',
      ],
      [{ [QFORMER_FILE]: without }, '"sd_query_tokens" with 3 axes'],
      [
        { [QFORMER_FILE]: { ...qformer, 'sd_qformer.pooler.weight': [8] } },
        'unexpected: sd_qformer.pooler.weight',
      ],
      [
        {
          'modulate-15000/adapter_model.bin': {
            ...files['modulate-15000/adapter_model.bin'],
            'modulate_head.bias': [15],
          },
        },
        'modulate_head.bias is 15, but the network needs 16',
      ],
    ];
    for (const [changed, message] of cases) {
      await write(changed);
      expect(await problem()).toContain(message);
    }
    await rm(join(folder, 'modulate-15000'), { recursive: true });
    await write({});
    await rm(join(folder, 'modulate-15000/adapter_model.bin'));
    expect(await problem()).toBe('expected one weight file for interaction, but there is none');
  });
});
