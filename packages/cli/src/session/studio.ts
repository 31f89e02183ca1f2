import { writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import type { JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import type { Run } from '@rewardedit/core';
import { encodePicture, readAlpha, readPicture, readPictureFile, writtenFormat } from '@rewardedit/data';
import type { Backend } from '@rewardedit/graph';
import type { EditChoice, Made, SliderName, Studio, Version } from '@rewardedit/tui';
import { editCommand } from '../editing/edit-command.ts';
import { writeEdit } from '../editing/edit-output.ts';
import { weightsOf, type EditRecord } from '../editing/edit-record.ts';
import { openEditing, type Editing } from '../editing/editing.ts';
import { sweepPicture } from '../editing/sweep-picture.ts';
import type { SweptName } from '../editing/sweep.ts';
import type { DrawOptions } from '../flags/draw-flags.ts';
import type { WeightsOptions } from '../flags/weights-flags.ts';
import { judgeCommand, judgePair } from '../judging/judge-pair.ts';
import { STARTER_MODELS, STARTER_NAME } from '../models/starter-model.ts';
import { findModels } from './find-models.ts';
import { suitedSliders } from './suited-sliders.ts';

export type StudioOptions = {
  /** Folder to search for models, which paths are relative to. */
  readonly root: string;
  /** Folder for pictures until the session ends. */
  readonly folder: string;
  readonly run: Run;
  readonly backend: Backend;
  readonly openJudge: () => Promise<OpenedJudge>;
  /** The judge, for the command that repeats a judgement. */
  readonly judge: Pick<JudgeChoice, 'judge' | 'baseUrl' | 'protocol'>;
  /** How to load models. */
  readonly weights: WeightsOptions;
  /** Options that no slider sets. */
  readonly draw: Omit<DrawOptions, 'seed' | 'scores'>;
};

/** The options that the sliders set. */
const SWEPT: Readonly<Record<SliderName, SweptName>> = {
  ...{ following: 'following', preserving: 'preserving', quality: 'quality', steps: 'steps', seed: 'seed' },
  ...{ textGuidance: 'text-guidance', imageGuidance: 'image-guidance', rewardGuidance: 'reward-guidance' },
};

/** Creates what the interactive session works with, from the same parts as the commands, and a function that closes it. */
export function openStudio({
  root,
  folder,
  run,
  backend,
  openJudge,
  judge: asked,
  draw,
  weights,
}: StudioOptions): {
  readonly studio: Studio;
  readonly close: () => Promise<void>;
} {
  let editing: Editing | undefined;
  let judge: Promise<OpenedJudge> | undefined;
  let count = 0;
  const pathOf = (model: string) => (model === STARTER_NAME ? STARTER_MODELS.photos : resolve(root, model));
  const open = async (model: string): Promise<Editing> => {
    const path = pathOf(model);
    if (editing?.path === path) return editing;
    await editing?.close();
    editing = undefined;
    return (editing = await openEditing(path, { ...draw, ...weights }, backend, run.emit));
  };
  const settingsOf = async (choice: EditChoice) =>
    (await open(choice.model ?? '')).settings(drawOptions(choice, draw));
  const editOne = async (choice: EditChoice, signal: AbortSignal): Promise<Made> => {
    const { model = '', picture = '', instruction } = choice;
    const path = resolve(root, picture);
    const settings = await settingsOf(choice);
    const hooks = { emit: run.emit, savePreview: run.savePreview, signal };
    const { edit, original } = await open(model);
    const edited = await edit({ picture: path, instruction, settings }, hooks);
    const at = join(folder, String((count += 1)));
    const made = { source: `${at}-original.png`, result: `${at}-edited.png` };
    // The screen compares the original and the result pixel by pixel.
    await writeFile(made.source, await encodePicture(await original(path), { format: 'png' }));
    await writeFile(made.result, await encodePicture(edited.picture, { format: 'png', alpha: edited.alpha }));
    return made;
  };
  const studio: Studio = {
    models: async () => [...(await findModels(root)), STARTER_NAME],
    suited: (model) => suitedSliders(pathOf(model), { ...draw, ...weights }),
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
      const pair = { instruction, original: source, edited: result };
      const { reward, missing } = await judgePair(await judge, pair, { signal, emit: run.emit });
      return missing ?? reward ?? 'no answer';
    },
    async save(version, path) {
      if (writtenFormat(path) === undefined) throw new Error(`${path} must end in .png, .jpg or .webp`);
      const out = resolve(root, path);
      // Never overwrite a file, since the name may be a suggested one.
      await writeFile(out, '', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EEXIST' ? new Error(`${path} already exists; choose another name`) : error;
      });
      await writeEdit(out, await pictureOf(version), await recordOf(version));
    },
    commands(version, out) {
      const { choice, strip, verdict } = version;
      const { model = '', picture = '', instruction } = choice;
      const sweep = strip && [sweepText(strip)];
      const edit = {
        ...{ model, picture, instruction, out, draw: drawOptions(choice, draw), sweep },
        ...weightsOf(weights),
      };
      const pair = { instruction, original: picture, edited: out };
      return [editCommand(edit), ...(verdict === undefined ? [] : [judgeCommand(pair, asked)])];
    },
    run: {
      folder: run.folder ?? folder,
      state: () => run.state,
      subscribe: (listener) => run.subscribe(() => listener()),
    },
  };
  /** How a version was made, as `edit` records it. */
  const recordOf = async ({ choice, strip }: Version): Promise<EditRecord> => {
    const { model = '', picture = '', instruction } = choice;
    const bytes = await readPictureFile(resolve(root, picture));
    const { size, resolution } = draw;
    return {
      ...{ instruction, model, settings: await settingsOf(choice) },
      ...weightsOf(weights),
      ...(size !== undefined && { size }),
      ...(resolution !== undefined && { resolution }),
      ...(strip !== undefined && { sweep: [sweepText(strip)] }),
      source: { name: basename(picture), sha256: createHash('sha256').update(bytes).digest('hex') },
    };
  };
  const close = async () => {
    await editing?.close();
    await (await judge?.catch(() => undefined))?.close();
  };
  return { studio, close };
}

/** The picture to save of a version: its result, or all edits of a strip in one picture. */
async function pictureOf({ choice, made, strip }: Version) {
  if (strip === undefined)
    return { picture: await readPicture(made.result), alpha: await readAlpha(made.result) };
  const name = SWEPT[strip.slider];
  const cells = await Promise.all(
    strip.made.map(async ({ result }, i) => ({
      label: `${name} ${strip.values[i]}`,
      picture: await readPicture(result),
    })),
  );
  return {
    picture: await sweepPicture(choice.instruction, await readPicture(strip.made[0].source), [cells]),
  };
}

function sweepText({ slider, values }: NonNullable<Version['strip']>): string {
  return `${SWEPT[slider]}=${values.join(',')}`;
}

function drawOptions(choice: EditChoice, draw: StudioOptions['draw']): DrawOptions {
  const { scores, seed, steps } = choice;
  return {
    ...{ ...draw, seed, steps },
    scores: [scores.following, scores.preserving, scores.quality].join(','),
    'text-guidance': choice.textGuidance,
    'image-guidance': choice.imageGuidance,
    'reward-guidance': choice.rewardGuidance,
  };
}
