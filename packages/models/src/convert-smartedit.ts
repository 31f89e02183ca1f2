import { join } from 'node:path';
import { openComponentWeights } from './component-weights.ts';
import { readJson } from './json-files.ts';
import type { OpenedModel } from './model-folder.ts';
import { openWeights, type OpenWeights } from './model-weights.ts';
import { unetParameters } from './network-parameters.ts';
import { parseClipVisionConfig } from './smartedit/clip-vision-config.ts';
import { VISION_TOWER } from './smartedit/image-features.ts';
import { openPublishedSmartEdit } from './smartedit/published-files.ts';
import { parseSmartEditConfig } from './smartedit/smartedit-config.ts';
import { smartEditParameters, smartEditPartOf } from './smartedit/smartedit.ts';
import { assertFits } from './weights.ts';
import { writeModelFolder, type ModelToWrite } from './write-model-folder.ts';
import { z } from 'zod';

/**
 * Converts SmartEdit's published checkpoint to a model folder. The language model is not part of the folder: the model reads stored states.
 *
 * @param options.base a model with the architecture it was trained from, Stable Diffusion 1.5, for text encoder, autoencoder, tokenizer and
 * scheduler.
 * @param options.vision folder of CLIP's vision tower, ViT-L/14, in transformers' layout.
 * @param options.prompt prompt template of the language model, with {instruction} as the placeholder, up to the image tokens.
 * @throws RewardEditError 'bad-input' naming the weights that do not fit.
 */
export async function convertSmartEdit(
  path: string,
  out: string,
  {
    base,
    vision,
    prompt,
    precision,
  }: { base: OpenedModel; vision: string; prompt: string; precision?: ModelToWrite['dtype'] },
): Promise<void> {
  const published = await openPublishedSmartEdit(path);
  const opened: { close(): Promise<void> }[] = [published];
  try {
    const tower = await openVision(vision);
    opened.push(tower.file);
    const config = parseSmartEditConfig(
      {
        image: { kind: 'clip', tower: tower.config },
        language: { kind: 'stored', width: published.qformer.encoder_width, model: published.name, prompt },
        qformer: published.qformer,
        bim: published.bim,
      },
      path,
    );
    const smartEdit = smartEditParameters(config);
    const unet = { ...base.unet, in_channels: 2 * base.unet.out_channels };
    published.assertFits({ smartEdit, unet: unetParameters(unet) });
    const towerSpecs = Object.entries(smartEdit).filter(([name]) => smartEditPartOf(name) === 'vision-tower');
    assertFits(tower.file, Object.fromEntries(towerSpecs), {
      nameInFile: tower.nameInFile,
      ignores: notLookedAt(towerSpecs.map(([name]) => name)),
    });
    const part = async (name: 'textEncoder' | 'autoencoder'): Promise<OpenWeights> => {
      const weights = await openWeights(base, name);
      opened.push(weights);
      return weights;
    };
    const textEncoder = await part('textEncoder');
    await writeModelFolder(out, {
      unet: { config: unet, read: published.readUNet },
      textEncoder: { config: base.textEncoder, read: textEncoder.read },
      smartEdit: {
        config,
        read: (name) =>
          smartEditPartOf(name) === 'vision-tower'
            ? tower.file.float32(tower.nameInFile(name))
            : published.read(name),
      },
      images:
        'autoencoder' in base.images
          ? { autoencoder: { config: base.images.autoencoder, read: (await part('autoencoder')).read } }
          : base.images,
      tokenizer: base.tokenizer.files,
      scheduler: base.scheduler,
      dtype: precision,
    });
  } finally {
    await Promise.all(opened.map((each) => each.close()));
  }
}

/** Opens CLIP's vision tower, alone or as part of a CLIP model. */
async function openVision(folder: string) {
  const where = join(folder, 'config.json');
  const said = await readJson(where, z.looseObject({ vision_config: z.looseObject({}).optional() }));
  const config = parseClipVisionConfig(said.vision_config ?? said, where);
  const file = await openComponentWeights(folder, 'model');
  const isShort = ![...file.tensors.keys()].some((name) => name.startsWith('vision_model.'));
  const nameInFile = (name: string) => {
    const own = name.slice(VISION_TOWER.length + 1);
    return isShort ? own.replace(/^vision_model\./, '') : own;
  };
  return { config, file, nameInFile };
}

/** Other tensors in a CLIP file: the final norm, position ids, and the text encoder. */
const BESIDE_TOWER =
  /^(vision_model\.)?(post_layernorm\.(weight|bias)|embeddings\.position_ids)$|^(text_model\.|text_projection\.|visual_projection\.|logit_scale$)/;

/** Returns a predicate for tensors to ignore: layers after the hidden state that is used, and everything outside the tower. */
function notLookedAt(weights: readonly string[]): (name: string) => boolean {
  const layerOf = (name: string) => /\bencoder\.layers\.(\d+)\./.exec(name)?.[1];
  const used = new Set(weights.map(layerOf));
  return (name) => !used.has(layerOf(name)) || BESIDE_TOWER.test(name);
}
