import type { Perspective, Reward } from '@rewardedit/core';
import type { EditSettings, Precision } from '@rewardedit/diffusion';
import type { EncodeOptions } from '@rewardedit/data';
import type { DrawOptions } from '../flags/draw-flags.ts';
import type { WeightsOptions } from '../flags/weights-flags.ts';

/** What a judge said of one of several edits, of which the best was kept. */
export type JudgedEdit = {
  readonly seed: number;
  readonly scores?: Reward['scores'];
  /** The mean of the three scores, where all are there. */
  readonly overall?: number;
  /** Why there is no full reward. */
  readonly missing?: string;
};

/** How an edited picture was made: what stands inside its file. */
export type EditRecord = {
  readonly instruction: string;
  /** The model's folder, as it was named. */
  readonly model: string;
  readonly settings: EditSettings;
  /** Where the network did not compute in f32. */
  readonly precision?: Precision;
  /** LoRA files that were merged into the weights. */
  readonly lora?: WeightsOptions['lora'];
  /** Folder of the same architecture, where the model is one file. */
  readonly architecture?: string;
  readonly size?: number;
  readonly resolution?: number;
  /** The part that was edited, as `--crop` has it. */
  readonly crop?: string;
  /** The picture's name, without its folders, and what tells it from others of that name. */
  readonly source: { readonly name: string; readonly sha256: string };
  /** The options that were swept over, as `--sweep` has them. */
  readonly sweep?: readonly string[];
  /** The edits that it was chosen among, and by whom. */
  readonly bestOf?: {
    readonly judge: { readonly name: string; readonly version: string };
    readonly edits: readonly JudgedEdit[];
  };
};

const SOFTWARE = 'rewardedit';
/** Characters that JSON allows and XML does not, or that no text should hold as they are. */
const UNWRITABLE = /[\u007F-\u009F\uFFFE\uFFFF]/g;

/** What is noted of how a model is loaded. */
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

/** What is put into a picture's file of how it was made. */
export function recordTexts(record: EditRecord): Pick<EncodeOptions, 'texts' | 'exif'> {
  const settings = JSON.stringify(record).replaceAll(
    UNWRITABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return {
    texts: { Software: SOFTWARE, Settings: settings },
    // A field of readable characters, for programs that show no more.
    exif: { Software: SOFTWARE, ImageDescription: record.instruction.replaceAll(/[^\x20-\x7E]+/g, '?') },
  };
}

/** Reads how an edited picture was made. Throws 'bad-input' where its file does not say, or is no picture. */
export async function readRecord(path: string): Promise<EditRecord> {
  const { readPictureTexts } = await import('@rewardedit/data');
  const { RewardEditError } = await import('@rewardedit/core');
  const { editRecordSchema } = await import('./edit-record-schema.ts');
  const { Settings: text } = await readPictureTexts(path);
  if (text === undefined) {
    throw new RewardEditError('bad-input', 'this picture does not say how it was made', {
      where: path,
      hint: 'settings stand in what `rewardedit edit` wrote, unless another program has taken them out',
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

/** The options of `edit` that ask for the same edit. */
export async function drawOptionsOf({
  settings,
  size,
  resolution,
}: Pick<EditRecord, 'settings' | 'size' | 'resolution'>): Promise<DrawOptions> {
  const { HIGHEST_SCORE, NOTHING_FAILED, PERSPECTIVES } = await import('@rewardedit/core');
  const { scores, feedback } = settings.reward;
  /** A perspective with the highest score says this by itself. */
  const isTold = (name: Perspective, text: string) =>
    text !== (scores[name] === HIGHEST_SCORE ? NOTHING_FAILED : '');
  return {
    ...{ seed: settings.seed, steps: settings.steps, sampler: settings.sampler, eta: settings.eta },
    ...{ size, resolution },
    'text-guidance': settings.textScale,
    'image-guidance': settings.imageScale,
    'reward-guidance': settings.rewardScale,
    'guided-steps': settings.guidedSteps,
    scores: PERSPECTIVES.map((name) => scores[name] ?? '-').join(','),
    feedback: PERSPECTIVES.flatMap((name) => {
      const text = feedback[name];
      return text !== undefined && isTold(name, text) ? [`${name}=${text}`] : [];
    }),
  };
}
