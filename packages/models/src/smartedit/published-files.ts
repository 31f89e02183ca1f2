import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { openTensorFile } from '../open-tensor-file.ts';
import type { TensorFile } from '../tensor-file.ts';
import { assertFits, type WeightOptions } from '../weights.ts';
import type { ParameterSpecs } from '../parameters.ts';
import { parseBimConfig, type BimConfig } from './bim-config.ts';
import { parseQFormerConfig, type QFormerConfig } from './qformer-config.ts';
import { smartEditPartOf } from './smartedit.ts';

/** The files of SmartEdit's published checkpoint (`TencentARC/SmartEdit-7B` and `-13B`), without the language model. */
export interface PublishedSmartEdit {
  /** Name of the folder, and so of the language model, which is part of the checkpoint. */
  readonly name: string;
  /** Inferred from the shapes of the weights; the numbers of heads are the original's. */
  readonly qformer: QFormerConfig;
  readonly bim: BimConfig;
  /** Reads a weight of the Q-Former or the interaction module; our names are the published ones. */
  read(name: string): Promise<Float32Array>;
  /** Reads a weight of the U-Net, by diffusers' name. */
  readUNet(name: string): Promise<Float32Array>;
  /**
   * Checks that the files have the weights of the networks and nothing else.
   *
   * @throws RewardEditError 'bad-input' naming tensors that are missing, unexpected, or have another shape, and LoRA layers that were not
   * merged.
   */
  assertFits(networks: { readonly smartEdit: ParameterSpecs; readonly unet: ParameterSpecs }): void;
  close(): Promise<void>;
}

/** Folders of the checkpoint. The number in a name is the training step. */
const FOLDERS = {
  qformer: /^embeddings_qformer$/,
  interaction: /^modulate(-\d+)?$/,
  unet: /^unet(-\d+)?$/,
} as const;

type Part = keyof typeof FOLDERS;

/** Other tensors in the files: position ids, and the input and output layers of the language model. */
const OTHERS = /^(sd_qformer\.embeddings\.position_ids|mm_projector\.(weight|bias)|lm_head\.weight)$/;

const UNET = 'unet.';
/** BERT's heads have a width of 64; SAM's two-way transformer has eight. */
const BERT_HEAD = 64;

/** Returns whether a folder has the layout of the published checkpoint. */
export function isPublishedSmartEdit(folder: string): boolean {
  return existsSync(join(folder, 'embeddings_qformer')) && !existsSync(join(folder, 'model_index.json'));
}

/**
 * Opens the published files. torch's are read without executing anything in them.
 *
 * @throws RewardEditError 'bad-input' if a file is missing or has unexpected contents.
 */
export async function openPublishedSmartEdit(folder: string): Promise<PublishedSmartEdit> {
  const opened: TensorFile[] = [];
  const close = async () => {
    await Promise.all(opened.map((file) => file.close()));
  };
  try {
    const files = {} as Record<Part, TensorFile>;
    for (const part of Object.keys(FOLDERS) as Part[]) {
      files[part] = await openTensorFile(await fileOf(folder, part));
      opened.push(files[part]);
    }
    const fileFor = (name: string) =>
      smartEditPartOf(name) === 'interaction' ? files.interaction : files.qformer;
    return {
      name: basename(folder),
      qformer: qformerOf(files.qformer),
      bim: bimOf(files.interaction),
      read: (name) => fileFor(name).float32(name),
      readUNet: (name) => files.unet.float32(UNET + name),
      assertFits({ smartEdit, unet }) {
        const ofPart = (part: string) =>
          Object.fromEntries(Object.entries(smartEdit).filter(([name]) => smartEditPartOf(name) === part));
        const check = (file: TensorFile, specs: ParameterSpecs, options: WeightOptions = {}) => {
          assertNoLora(file);
          assertFits(file, specs, options);
        };
        check(files.qformer, ofPart('qformer'), { ignores: (name) => OTHERS.test(name) });
        check(files.interaction, ofPart('interaction'));
        check(files.unet, unet, { nameInFile: (name) => UNET + name });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns the weight file in a folder of the checkpoint. */
async function fileOf(folder: string, part: Part): Promise<string> {
  const inside = (await readdir(folder)).filter((name) => FOLDERS[part].test(name));
  const files = inside.length === 1 ? await readdir(join(folder, inside[0])) : [];
  const weights = files.filter((name) => /\.(bin|safetensors)$/.test(name));
  if (weights.length === 1) return join(folder, inside[0], weights[0]);
  const found = weights.length === 0 ? 'there is none' : `there are ${weights.join(', ')}`;
  throw new RewardEditError('bad-input', `expected one weight file for ${part}, but ${found}`, {
    where: join(folder, inside[0] ?? part),
    hint: 'A SmartEdit checkpoint has the folders embeddings_qformer, modulate-15000 and unet-15000.',
  });
}

/** @throws RewardEditError 'bad-input' for separate LoRA layers of PEFT: the base weights alone are not those of the model. */
function assertNoLora({ path, tensors }: TensorFile): void {
  const found = [...tensors.keys()].find((name) => name.includes('.lora_'));
  if (found === undefined) return;
  throw new RewardEditError('bad-input', `the file has LoRA layers that were not merged, such as ${found}`, {
    where: path,
    hint: 'merge them with PEFT (merge_and_unload) and save the weights again',
  });
}

function qformerOf(file: TensorFile): QFormerConfig {
  const layer = (n: number) => `sd_qformer.encoder.layer.${n}`;
  const [, queries, width] = shapeOf(file, 'sd_query_tokens', 3);
  const looks = layersWith(file, /^sd_qformer\.encoder\.layer\.(\d+)\.crossattention\./);
  return parseQFormerConfig(
    {
      query_length: queries,
      hidden_size: width,
      num_attention_heads: Math.max(1, Math.round(width / BERT_HEAD)),
      num_hidden_layers: layersWith(file, /^sd_qformer\.encoder\.layer\.(\d+)\./).length,
      cross_attention_freq: looks[1] ?? layersWith(file, /^sd_qformer\.encoder\.layer\.(\d+)\./).length,
      intermediate_size: shapeOf(file, `${layer(0)}.intermediate_query.dense.weight`, 2)[0],
      encoder_width: shapeOf(file, `${layer(0)}.crossattention.self.key.weight`, 2)[1],
    },
    file.path,
  );
}

function bimOf(file: TensorFile): BimConfig {
  const layer = 'modulate_transformer.layers.0';
  const [width, context] = shapeOf(file, 'modulate_head.weight', 2);
  const [inner] = shapeOf(file, `${layer}.cross_attn_token_to_image.q_proj.weight`, 2);
  return parseBimConfig(
    {
      width,
      context_width: context,
      depth: layersWith(file, /^modulate_transformer\.layers\.(\d+)\./).length,
      mlp_width: shapeOf(file, `${layer}.mlp.lin1.weight`, 2)[0],
      attention_downsample_rate: width / inner,
      map_channels: shapeOf(file, 'dimension_reduction_head_zeroconv.weight', 4)[0],
    },
    file.path,
  );
}

function layersWith({ tensors }: TensorFile, pattern: RegExp): number[] {
  const found = new Set<number>();
  for (const name of tensors.keys()) {
    const layer = pattern.exec(name)?.[1];
    if (layer !== undefined) found.add(Number(layer));
  }
  return [...found].toSorted((a, b) => a - b);
}

function shapeOf({ path, tensors }: TensorFile, name: string, axes: number): readonly number[] {
  const shape = tensors.get(name)?.shape;
  if (shape?.length === axes) return shape;
  throw new RewardEditError(
    'bad-input',
    `there is no tensor ${JSON.stringify(name)} with ${axes} axes, from which to infer the architecture`,
    { where: path, hint: 'the file belongs to another model or another version of it' },
  );
}
