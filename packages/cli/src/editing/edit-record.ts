import type { Perspective, Reward } from '@rewardedit/core';
import type { EditSettings, Precision } from '@rewardedit/diffusion';
import type { EncodeOptions } from '@rewardedit/data';
import type { DrawOptions } from '../flags/draw-flags.ts';
import type { WeightsOptions } from '../flags/weights-flags.ts';

/** The scores of one candidate of --best-of. */
export type JudgedEdit = {
  readonly seed: number;
  readonly scores?: Reward['scores'];
  /** Mean of the three scores, if none is missing. */
  readonly overall?: number;
  /** Why the reward is incomplete. */
  readonly missing?: string;
};

/** How an edited picture was made, as stored in its file. */
export type EditRecord = {
  readonly instruction: string;
  /** The model's folder, as typed. */
  readonly model: string;
  readonly settings: EditSettings;
  /** Present if it is not f32. */
  readonly precision?: Precision;
  /** LoRA files merged into the weights. */
  readonly lora?: WeightsOptions['lora'];
  /** Folder of the same architecture, for a model in one file. */
  readonly architecture?: string;
  readonly size?: number;
  readonly resolution?: number;
  /** The part that was edited, in the syntax of `--crop`. */
  readonly crop?: string;
  /** The original's file name, and its hash. */
  readonly source: { readonly name: string; readonly sha256: string };
  /** Swept options, in the syntax of `--sweep`. */
  readonly sweep?: readonly string[];
  /** The candidates that it was chosen from, and the judge. */
  readonly bestOf?: {
    readonly judge: { readonly name: string; readonly version: string };
    readonly edits: readonly JudgedEdit[];
  };
};

const SOFTWARE = 'rewardedit';
/** Characters that JSON allows but XML does not, or that text should not contain unescaped. */
const UNWRITABLE = /[\u007F-\u009F\uFFFE\uFFFF]/g;

/** The fields of a record about how the model is loaded. */
export function weightsOf({
  precision,
  architecture,
  lora,
}: WeightsOptions): Pick<EditRecord, 'precision' | 'architecture' | 'lora'> {
  return {
    ...(precision !== 'f32' && { precision }),
    ...(architecture !== undefined && { architecture }),
    ...(lora !== undefined && { lora }),
  };
}

/** The metadata that stores a record in a picture's file. */
export function recordTexts(record: EditRecord): Pick<EncodeOptions, 'texts' | 'exif'> {
  const settings = JSON.stringify(record).replaceAll(
    UNWRITABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return {
    texts: { Software: SOFTWARE, Settings: settings },
    // In ASCII, for programs that show nothing else.
    exif: { Software: SOFTWARE, ImageDescription: record.instruction.replaceAll(/[^\x20-\x7E]+/g, '?') },
  };
}

/** Reads how an edited picture was made. Throws 'bad-input' if the file has no record, or is not a picture. */
export async function readRecord(path: string): Promise<EditRecord> {
  const { readPictureTexts } = await import('@rewardedit/data');
  const { RewardEditError } = await import('@rewardedit/core');
  const { editRecordSchema } = await import('./edit-record-schema.ts');
  const { Settings: text } = await readPictureTexts(path);
  if (text === undefined) {
    throw new RewardEditError('bad-input', 'this picture contains no edit settings', {
      where: path,
      hint: 'only pictures written by `rewardedit edit` or the session contain settings, unless another program has removed them',
    });
  }
  try {
    return editRecordSchema.parse(JSON.parse(text)) as EditRecord;
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the settings in this picture are damaged', {
      where: path,
      cause,
    });
  }
}

/** The options of `edit` that reproduce an edit. */
export async function drawOptionsOf({
  settings,
  size,
  resolution,
}: Pick<EditRecord, 'settings' | 'size' | 'resolution'>): Promise<DrawOptions> {
  const { HIGHEST_SCORE, NOTHING_FAILED, PERSPECTIVES } = await import('@rewardedit/core');
  const { scores, feedback } = settings.reward;
  /** With the highest score, this feedback is implied. */
  const isTold = (name: Perspective, text: string) =>
    text !== (scores[name] === HIGHEST_SCORE ? NOTHING_FAILED : '');
  return {
    ...{ seed: settings.seed, steps: settings.steps, sampler: settings.sampler, eta: settings.eta },
    ...{ size, resolution },
    'text-guidance': settings.textScale,
    'image-guidance': settings.imageScale,
    'reward-guidance': settings.rewardScale,
    'map-guidance': settings.mapScale,
    'guided-steps': settings.guidedSteps,
    scores: PERSPECTIVES.map((name) => scores[name] ?? '-').join(','),
    feedback: PERSPECTIVES.flatMap((name) => {
      const text = feedback[name];
      return text !== undefined && isTold(name, text) ? [`${name}=${text}`] : [];
    }),
  };
}
