import type { ParameterSpecs } from './parameters.ts';

/** The networks a LoRA file can adapt, by their prefixes in diffusers. */
export type LoraTargets = Readonly<Record<'unet' | 'text_encoder', ParameterSpecs>>;

/** A tensor of a LoRA file: A, B or alpha of a layer. */
export interface LoraTensor {
  /** The adapted weight, with the prefix of its network: `unet.mid_block. ... .to_q.weight`. */
  readonly weight: string;
  readonly role: 'a' | 'b' | 'alpha';
}

/**
 * Suffixes of tensor names: PEFT's, used by diffusers since version 0.22; diffusers' before that, for the U-Net, the text encoder and
 * attention processors; and kohya's.
 */
const ENDINGS: readonly (readonly [ending: string, role: LoraTensor['role']])[] = [
  ['.lora_A.weight', 'a'],
  ['.lora_B.weight', 'b'],
  ['.lora.down.weight', 'a'],
  ['.lora.up.weight', 'b'],
  ['.lora_linear_layer.down.weight', 'a'],
  ['.lora_linear_layer.up.weight', 'b'],
  ['_lora.down.weight', 'a'],
  ['_lora.up.weight', 'b'],
  ['.lora_down.weight', 'a'],
  ['.lora_up.weight', 'b'],
  ['.alpha', 'alpha'],
];

/** kohya's prefixes. The layer name after them is diffusers' with `_` for each dot. */
const UNDERSCORED = { lora_unet_: 'unet', lora_te_: 'text_encoder', lora_te1_: 'text_encoder' } as const;

/** Returns a function that identifies a tensor of a LoRA file by its name; undefined if it matches no weight of the networks. */
export function loraTensors(targets: LoraTargets): (name: string) => LoraTensor | undefined {
  const underscored = new Map<string, string>();
  for (const [prefix, target] of Object.entries(UNDERSCORED))
    for (const weight of Object.keys(targets[target]))
      underscored.set(prefix + layerOf(weight).replaceAll('.', '_'), `${target}.${weight}`);

  function weightOf(layer: string): string | undefined {
    const known = underscored.get(layer);
    if (known !== undefined) return known;
    // Attention processors were once saved without a prefix.
    const [, target = 'unet', rest] = /^(?:(unet|text_encoder)\.)?(.*)$/.exec(layer)!;
    const own = rest.replace('.processor.', '.').replace(/\.to_out$/, '.to_out.0');
    // transformers omits the first part of the text encoder's names since version 5.
    const names = target === 'unet' ? [own] : [own, `text_model.${own}`];
    const found = names.find((name) => `${name}.weight` in targets[target as keyof LoraTargets]);
    return found === undefined ? undefined : `${target}.${found}.weight`;
  }

  return (name) => {
    const found = ENDINGS.find(([ending]) => name.endsWith(ending));
    if (!found) return undefined;
    const [ending, role] = found;
    const weight = weightOf(name.slice(0, -ending.length));
    return weight === undefined ? undefined : { weight, role };
  };
}

function layerOf(weight: string): string {
  return weight.replace(/\.weight$/, '');
}
