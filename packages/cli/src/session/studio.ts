import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { judgedTriplet, type OpenedJudge } from '@rewardedit/annotate';
import type { Run } from '@rewardedit/core';
import { readPicture, writePng } from '@rewardedit/data';
import { createEditor, loadEditModel, proportionalSize, type Editor } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import type { EditChoice, Made, Studio } from '@rewardedit/tui';
import { drawSettings, shorterSide, type DrawOptions } from '../flags/draw-flags.ts';
import { editCommand } from './edit-command.ts';
import { findModels } from './find-models.ts';

export type StudioOptions = {
  /** Where models are looked for, and what paths are relative to. */
  readonly root: string;
  /** Folder for what is made until the session ends. */
  readonly folder: string;
  readonly run: Run;
  readonly backend: Backend;
  readonly openJudge: () => Promise<OpenedJudge>;
  /** Options that no slider sets. */
  readonly draw: Pick<DrawOptions, 'sampler' | 'size' | 'guided-steps' | 'feedback'>;
};

type Opened = {
  readonly model: string;
  readonly parts: Awaited<ReturnType<typeof loadEditModel>>;
  readonly editor: Editor;
};

/** What the interactive session works with: the same parts that the commands are made of. Gives the function that closes it, too. */
export function openStudio({ root, folder, run, backend, openJudge, draw }: StudioOptions): {
  readonly studio: Studio;
  readonly close: () => Promise<void>;
} {
  let opened: Opened | undefined;
  let judge: Promise<OpenedJudge> | undefined;
  let count = 0;
  const closeModel = async () => {
    await opened?.editor.dispose();
    await opened?.parts.state.dispose();
    opened = undefined;
  };
  const open = async (model: string): Promise<Opened> => {
    if (opened?.model === model) return opened;
    await closeModel();
    const parts = await loadEditModel(resolve(root, model), backend);
    opened = { model, parts, editor: createEditor(parts) };
    return opened;
  };
  const editOne = async (choice: EditChoice, signal: AbortSignal): Promise<Made> => {
    const { model = '', picture = '', instruction } = choice;
    const { parts, editor } = await open(model);
    const path = resolve(root, picture);
    const side = await shorterSide(parts.model, draw.size);
    const size = proportionalSize(parts.model, await readPicture(path, { shorterSide: side }), side);
    const source = await readPicture(path, { fit: size });
    const complete = await drawSettings(drawOptionsOf(choice, draw));
    const settings = await complete(parts.model);
    // The same key as the command's, so that the same seed gives the same noise.
    const [result] = await editor.edit([{ key: '', picture: source, instruction }], settings, {
      emit: run.emit,
      signal,
    });
    const at = join(folder, String((count += 1)));
    await mkdir(at);
    const made = { source: join(at, 'original.png'), result: join(at, 'edited.png') };
    await writePng(made.source, source);
    await writePng(made.result, result);
    return made;
  };
  const studio: Studio = {
    models: () => findModels(root),
    async edit(choices, signal) {
      run.emit({ type: 'phase-started', phase: 'Editing', unit: 'edits', total: choices.length });
      const all: Made[] = [];
      try {
        for (const choice of choices) {
          all.push(await editOne(choice, signal));
          run.emit({ type: 'progress', done: all.length });
        }
      } finally {
        run.emit({ type: 'phase-finished', phase: 'Editing' });
      }
      return all;
    },
    async judge({ instruction }, { source, result }, signal) {
      judge ??= openJudge();
      const { judge: asked } = await judge;
      const triplet = judgedTriplet(
        { resolve: (name) => name },
        { id: 'session', instruction, original: source, edited: result },
      );
      const { reward, missing } = await asked.judge(triplet, { signal, cancel: signal, emit: run.emit });
      return missing ?? reward ?? 'no answer';
    },
    async save(choice, { result }, path) {
      const { model = '', instruction } = choice;
      const complete = await drawSettings(drawOptionsOf(choice, draw));
      const settings = await complete((await open(model)).parts.model);
      const about = { Software: 'rewardedit', Settings: JSON.stringify({ instruction, model, settings }) };
      const out = resolve(root, path);
      await mkdir(dirname(out), { recursive: true });
      // Another's file is not replaced by a name that was offered.
      await writeFile(out, '', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? new Error(`${path} is there already; choose another name`) : error;
      });
      await writePng(out, await readPicture(result), { text: about });
    },
    command: editCommand,
    run: {
      folder: run.folder ?? folder,
      state: () => run.state,
      subscribe: (listener) => run.subscribe(() => listener()),
    },
  };
  const close = async () => {
    await closeModel();
    await (await judge?.catch(() => undefined))?.close();
  };
  return { studio, close };
}

function drawOptionsOf(choice: EditChoice, draw: StudioOptions['draw']): DrawOptions {
  const { scores, seed, steps } = choice;
  return {
    ...{ ...draw, seed, steps },
    scores: [scores.following, scores.preserving, scores.quality].join(','),
    'text-guidance': choice.textGuidance,
    'image-guidance': choice.imageGuidance,
    'reward-guidance': choice.rewardGuidance,
  };
}
