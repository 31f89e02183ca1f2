import { parseSmartEditConfig, type SmartEditConfig } from '@rewardedit/models';

/** CLIP ViT-L/14 as in SmartEdit: 224 pixels, 24 layers. */
const TOWER = {
  ...{ hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, num_attention_heads: 16 },
  ...{ image_size: 224, patch_size: 14 },
};

/**
 * SmartEdit as published, except its language model, whose states are stored: 32 vectors of width 4096 (7B)
 * or 5120 (13B).
 */
export function fullSmartEdit(width: number): SmartEditConfig {
  return parseSmartEditConfig(
    {
      image: { kind: 'clip', tower: TOWER },
      language: { kind: 'stored', width, model: `random-${width}`, prompt: '{instruction}' },
      qformer: { encoder_width: width },
      bim: {},
    },
    '--smartedit',
  );
}
