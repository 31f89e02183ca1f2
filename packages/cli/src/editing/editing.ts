import type { Emit } from '@rewardedit/core';
import type { Alpha, CropBox, Picture, PictureSize } from '@rewardedit/data';
import type {
  AskedSize,
  EditHooks,
  EditModelConfig,
  EditSettings,
  Editor,
  OpenedEditModel,
} from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { askedSize, drawSettings, type DrawOptions } from '../flags/draw-flags.ts';
import { openStates, withStates, type StateOptions } from '../flags/state-flags.ts';
import { editModelOptions, type WeightsOptions } from '../flags/weights-flags.ts';
import { modelDigest } from '../models/model-digest.ts';
import { cropBox, type Crop } from './crop.ts';

/** Options for all edits with one model. */
export type EditingOptions = Pick<DrawOptions, 'size' | 'resolution'> &
  WeightsOptions &
  StateOptions & { readonly crop?: Crop | undefined };

/** A picture to edit. */
export type EditTask = {
  /** Path of its file. */
  readonly picture: string;
  readonly instruction: string;
  readonly settings: EditSettings;
};

export type EditedPicture = {
  /** On a white background; in the size of the original or its cropped part, or in the model's own size with --size. */
  readonly picture: Picture;
  readonly alpha?: Alpha | undefined;
};

/** A model that edits picture files. */
export type Editing = {
  /** Path of the model's folder or file. */
  readonly path: string;
  readonly opened: OpenedEditModel;
  readonly size: AskedSize;
  /** Digest of all its files, including LoRA files. */
  digest(): Promise<string>;
  /** Converts options to settings. Throws 'usage' for what the model or its sampler does not support. */
  settings(draw: DrawOptions): Promise<EditSettings>;
  /** The part of the picture to edit; undefined without --crop. */
  part(picture: string): Promise<CropBox | undefined>;
  /** The picture or its part before the edit, in the size of the result. */
  original(picture: string): Promise<Picture>;
  /** Checks that there is enough memory for the edit, before loading anything. Throws if there is not. */
  checkRoom(task: EditTask): Promise<void>;
  /** Edits one picture. The result depends on the task alone. */
  edit(task: EditTask, hooks?: EditHooks): Promise<EditedPicture>;
  close(): Promise<void>;
};

/** Opens a model for `edit` and the session. Its weights are loaded on first use. */
export async function openEditing(
  path: string,
  options: EditingOptions,
  backend: Backend,
  emit: Emit,
): Promise<Editing> {
  const { createEditor, openEditModel, readShown } = await import('@rewardedit/diffusion');
  const { readPicture, readPictureSize } = await import('@rewardedit/data');
  const states = await openStates(options);
  const opened = await withStates(await openEditModel(path, editModelOptions(options)), states);
  const { model } = opened;
  const size = await askedSize(model, options);
  const isGivenBack = options.size === undefined;
  let loaded: { readonly editor: Editor; readonly release: () => Promise<void> } | undefined;
  const load = async () => {
    const parts = await opened.load(backend);
    const editor = createEditor(parts);
    return {
      editor,
      release: async () => {
        await editor.dispose();
        await parts.state.dispose();
      },
    };
  };
  const part = async (picture: string) =>
    options.crop === undefined ? undefined : cropBox(options.crop, await readPictureSize(picture));
  const show = async (picture: string) => {
    const crop = await part(picture);
    return { crop, ...(await readShown(picture, model, size, { crop, isGivenBack })) };
  };
  const checked = new Set<string>();
  /** Checks the memory once per size. */
  const check = async (shown: PictureSize, settings: EditSettings) => {
    const key = JSON.stringify([shown.width, shown.height, { ...settings, seed: 0, reward: undefined }]);
    if (checked.has(key)) return;
    // Reported once: a folder may have a thousand sizes.
    const report: Emit = (event) => (event.type === 'memory' && checked.size > 0 ? undefined : emit(event));
    const isLoaded = loaded !== undefined;
    await assertRoom(opened, { size: shown, settings }, backend, { isLoaded, emit: report });
    checked.add(key);
  };
  return {
    ...{ path, opened, size, part },
    async digest() {
      const { lora = [] } = options;
      const digests = await Promise.all([path, ...lora.map((each) => each.path)].map(modelDigest));
      return digests.join(' ');
    },
    settings: async (draw) => (await drawSettings(draw))(model),
    original: async (picture) =>
      isGivenBack ? readPicture(picture, { crop: await part(picture) }) : (await show(picture)).picture,
    checkRoom: async ({ picture, settings }) => check((await show(picture)).picture, settings),
    async edit({ picture: file, instruction, settings }, hooks) {
      const { crop, picture, whole } = await show(file);
      await check(picture, settings);
      loaded ??= await load();
      // The same key for all, so that pictures and instructions are compared with the same noise.
      const [edited] = await loaded.editor.edit([{ key: '', picture, instruction }], settings, hooks);
      const result = isGivenBack
        ? await givenBack(model, { path: file, crop, whole }, picture, edited)
        : edited;
      return { picture: result, alpha: await alphaOf(file, crop, result) };
    },
    async close() {
      await loaded?.release();
      await states.close();
    },
  };
}

/** Checks the memory for the weights and the edit, before either is loaded. */
async function assertRoom(
  { model, types }: OpenedEditModel,
  { size, settings }: { readonly size: PictureSize; readonly settings: EditSettings },
  backend: Backend,
  { isLoaded, emit }: { readonly isLoaded: boolean; readonly emit: Emit },
): Promise<void> {
  const { checkMemory } = await import('@rewardedit/graph');
  const { editMemory, editParameters } = await import('@rewardedit/diffusion');
  const weights = { states: isLoaded ? [] : [editParameters(model, types)], programs: [] };
  const hint = 'Choose a smaller --resolution.';
  const planned = { model, requests: 1, size, settings, types };
  checkMemory(editMemory(planned, backend, weights), backend, { what: 'The edit', hint, emit });
}

type Source = {
  readonly path: string;
  readonly crop: CropBox | undefined;
  readonly whole: PictureSize;
};

/**
 * Returns the edit in the size of the original. The colour changes of a model on pixels are transferred to the original, which stays
 * sharp; the output of a model on latents is resized.
 */
async function givenBack(
  model: EditModelConfig,
  { path, crop, whole }: Source,
  shown: Picture,
  edited: Picture,
): Promise<Picture> {
  if (edited.width === whole.width && edited.height === whole.height) return edited;
  const { carryEdit, worksOnPixels } = await import('@rewardedit/diffusion');
  if (worksOnPixels(model)) {
    const { readPicture } = await import('@rewardedit/data');
    return carryEdit(await readPicture(path, { crop }), shown, edited);
  }
  const { resizeBicubic } = await import('@rewardedit/metrics');
  return resizeBicubic(edited, { width: whole.width, height: whole.height });
}

async function alphaOf(
  path: string,
  crop: CropBox | undefined,
  { width, height }: PictureSize,
): Promise<Alpha | undefined> {
  const { readAlpha, resizeAlpha } = await import('@rewardedit/data');
  const alpha = await readAlpha(path, crop);
  return alpha && resizeAlpha(alpha, { width, height });
}
