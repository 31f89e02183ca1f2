import type { TensorData } from '@rewardedit/graph';
import {
  openLoras,
  openWeights,
  partsOf,
  type LoraChoice,
  type ModelPart,
  type OpenedModel,
} from '@rewardedit/models';
import { AUTOENCODER, TEXT_ENCODER, UNET } from './edit-model.ts';

/** The prefix of each network's weights in a shared state. SmartEdit's names already have their own. */
const PART_PREFIXES: Readonly<Record<ModelPart, string>> = {
  unet: `${UNET}.`,
  textEncoder: `${TEXT_ENCODER}.`,
  autoencoder: `${AUTOENCODER}.`,
  smartEdit: '',
};

/** The weights of a model as it is run, under their names in a shared state. */
export interface EditWeights {
  read(name: string): Promise<TensorData>;
  close(): Promise<void>;
}

/**
 * Opens the weights of all networks and merges LoRA files into them as they are read.
 *
 * @throws RewardEditError 'bad-input' naming the weights or LoRA layers that do not fit the model.
 */
export async function openEditWeights(
  model: OpenedModel,
  loras: readonly LoraChoice[] = [],
): Promise<EditWeights> {
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    await Promise.all(closing.map((each) => each()));
  };
  try {
    const adaptation = await openLoras(model, loras);
    closing.push(adaptation.close);
    const parts = new Map<string, (name: string) => Promise<TensorData>>();
    for (const part of partsOf(model)) {
      const weights = await openWeights(model, part);
      closing.push(weights.close);
      for (const name of Object.keys(weights.specs))
        parts.set(PART_PREFIXES[part] + name, () => weights.read(name));
    }
    return {
      read: async (name) => adaptation.merged(name, await parts.get(name)!(name)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
