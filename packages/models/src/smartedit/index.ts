export { bimConfigSchema, parseBimConfig, type BimConfig } from './bim-config.ts';
export { bim, type BimOutputs } from './bim.ts';
export {
  clipVisionConfigSchema,
  parseClipVisionConfig,
  type ClipVisionConfig,
} from './clip-vision-config.ts';
export { clipVision } from './clip-vision.ts';
export { POSITION_BUFFER } from './fourier-positions.ts';
export { IGNORED, languageLoss } from './language-loss.ts';
export { llamaConfigSchema, parseLlamaConfig, type LlamaConfig } from './llama-config.ts';
export { imageVectors, languageHead, llama, tokenVectors } from './llama.ts';
export { isPublishedSmartEdit } from './published-files.ts';
export { parseQFormerConfig, qformerConfigSchema, type QFormerConfig } from './qformer-config.ts';
export { qformer } from './qformer.ts';
export { querySpread } from './query-spread.ts';
export {
  isFixedInSmartEdit,
  smartEdit,
  smartEditParameters,
  smartEditPartOf,
  type SmartEditOutputs,
  type SmartEditPart,
} from './smartedit.ts';
export {
  imageSides,
  parseSmartEditConfig,
  smartEditConfigSchema,
  type SmartEditConfig,
} from './smartedit-config.ts';
