import { parameterCount } from './parameters.ts';
import { openWeights, partsOf, type ModelPart } from './model-weights.ts';
import type { OpenedModel } from './model-folder.ts';
import { openModel } from './open-model.ts';

/** Facts about one network of a model. */
export interface InspectedComponent {
  readonly parameters: number;
  /** Parameters of each block, by the first parts of their names. */
  readonly blocks: Readonly<Record<string, number>>;
  /** Tensors of each element type. */
  readonly types: Readonly<Record<string, number>>;
}

export interface InspectedModel {
  readonly path: string;
  readonly space: 'pixels' | 'latents';
  readonly scheduler: string;
  readonly tokens: number;
  /** Channels of the output, and of the input. */
  readonly channels: { readonly made: number; readonly shown: number };
  /** How it is conditioned on rewards: not at all, as the published checkpoints, or by our variant. */
  readonly rewards: 'none' | 'published' | 'own';
  readonly edits: boolean;
  readonly components: Readonly<Partial<Record<ModelPart, InspectedComponent>>>;
}

/**
 * Inspects a model by its configurations and the headers of its weights.
 *
 * @param options as in `openModel`.
 * @throws RewardEditError 'bad-input' if a file is missing or damaged, or weights do not fit their configuration.
 */
export async function inspectModel(
  path: string,
  options?: Parameters<typeof openModel>[1],
): Promise<InspectedModel> {
  const folder = await openModel(path, options);
  const isLatent = 'autoencoder' in folder.images;
  const components: Partial<Record<ModelPart, InspectedComponent>> = {};
  for (const name of partsOf(folder)) components[name] = await inspectComponent(folder, name);
  const { in_channels: shown, out_channels: made } = folder.unet;
  return {
    path: folder.path,
    space: isLatent ? 'latents' : 'pixels',
    scheduler: folder.scheduler['_class_name'],
    tokens: folder.tokenizer.maxLength,
    channels: { made, shown },
    rewards: rewardsOf(folder),
    edits: shown >= 2 * made,
    components,
  };
}

async function inspectComponent(folder: OpenedModel, component: ModelPart): Promise<InspectedComponent> {
  const { specs, file, nameInFile, close } = await openWeights(folder, component);
  try {
    const blocks: Record<string, number> = {};
    for (const [name, spec] of Object.entries(specs)) {
      const block = blockOf(name);
      blocks[block] = (blocks[block] ?? 0) + parameterCount({ [name]: spec });
    }
    const types: Record<string, number> = {};
    for (const name of Object.keys(specs)) {
      const { dtype } = file.tensors.get(nameInFile(name))!;
      types[dtype] = (types[dtype] ?? 0) + 1;
    }
    return { parameters: parameterCount(specs), blocks, types };
  } finally {
    await close();
  }
}

/** Returns `down_blocks.1` for `down_blocks.1.resnets.0.conv1.weight`, `encoder.mid_block` for `encoder.mid_block.resnets...`. */
function blockOf(name: string): string {
  const parts = name.split('.').slice(0, -1);
  const depth = /^(encoder|decoder|text_model)$/.test(parts[0]) ? 2 : 1;
  const isNumbered = /^\d+$/.test(parts[depth] ?? '');
  return parts.slice(0, depth + (isNumbered ? 1 : 0)).join('.');
}

function rewardsOf({ unet: { reward } }: OpenedModel): InspectedModel['rewards'] {
  if (!reward) return 'none';
  const isPublished = reward.score_scale === 1 && reward.tokens === 'one-each' && !reward.mask;
  return isPublished ? 'published' : 'own';
}
