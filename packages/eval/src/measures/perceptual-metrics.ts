import { RewardEditError } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import {
  cosineSimilarity,
  directionalSimilarity,
  openImageEncoder,
  openLpips,
  openTextEncoder,
} from '@rewardedit/metrics';
import { openTokenizer } from '@rewardedit/models';
import type { Captions } from '../benchmarks/benchmark.ts';
import type { EditPictures } from './edit-pictures.ts';

/** The user's files of trained networks; absent ones are not used. */
export interface NetworkFiles {
  readonly lpips?: string | undefined;
  /** CLIP's image encoder. */
  readonly clip?: string | undefined;
  /** CLIP's text encoder, and the folder of its tokenizer: both or neither, and only with the image encoder. */
  readonly clipText?: string | undefined;
  readonly clipTokenizer?: string | undefined;
  readonly dino?: string | undefined;
}

/** Measures one edit with a trained network. */
export interface PerceptualMetric {
  /** The suffix of its columns. */
  readonly name: string;
  /** A column that every measured edit has. */
  columnOf(captions: Captions | undefined): string;
  measure(pictures: EditPictures, captions: Captions | undefined): Promise<Readonly<Record<string, number>>>;
  dispose(): Promise<void>;
}

/**
 * Opens the given networks.
 * @throws RewardEditError 'bad-input' if a file is not a valid network, 'usage' if a required file is missing.
 */
export async function openPerceptualMetrics(files: NetworkFiles): Promise<PerceptualMetric[]> {
  const { lpips, clip, clipText, clipTokenizer, dino } = files;
  const needed = [clip, clipText, clipTokenizer];
  if ((clipText ?? clipTokenizer) !== undefined && needed.includes(undefined)) {
    throw new RewardEditError('usage', "CLIP's text encoder needs its tokenizer, and the image encoder", {
      hint: 'name all three: --clip, --clip-text and --clip-tokenizer',
    });
  }
  return Promise.all([
    ...(lpips === undefined ? [] : [lpipsMetric(lpips)]),
    ...(clip === undefined ? [] : [clipMetric(clip, clipText, clipTokenizer)]),
    ...(dino === undefined ? [] : [dinoMetric(dino)]),
  ]);
}

async function lpipsMetric(path: string): Promise<PerceptualMetric> {
  const { distance, dispose } = await openLpips(path);
  return { name: 'lpips', columnOf: () => 'source.lpips', measure: againstBoth('lpips', distance), dispose };
}

async function dinoMetric(path: string): Promise<PerceptualMetric> {
  const { encode, dispose } = await openImageEncoder(path, 'dino');
  const similarity = async (a: Picture, b: Picture) => cosineSimilarity(await encode(a), await encode(b));
  return { name: 'dino', columnOf: () => 'source.dino', measure: againstBoth('dino', similarity), dispose };
}

/** CLIP's similarities of pictures and, if there are captions and a text encoder, of the edit and its caption. */
async function clipMetric(
  imagePath: string,
  textPath: string | undefined,
  tokenizerPath: string | undefined,
): Promise<PerceptualMetric> {
  const images = await openImageEncoder(imagePath, 'clip');
  const texts =
    textPath === undefined || tokenizerPath === undefined
      ? undefined
      : { encoder: await openTextEncoder(textPath), tokenizer: await openTokenizer(tokenizerPath) };
  const encodeText = (text: string) => texts!.encoder.encode(Int32Array.from(texts!.tokenizer.encode(text)));
  const withCaptions = async (
    from: Float32Array,
    to: Float32Array,
    { original, edited }: Captions,
  ): Promise<Record<string, number>> => {
    const text = await encodeText(edited);
    const similarity = { 'caption.clip': cosineSimilarity(to, text) };
    if (original === undefined) return similarity;
    const direction = directionalSimilarity({ from, to }, { from: await encodeText(original), to: text });
    // The direction of an edit that changes nothing is undefined.
    return { ...similarity, ...(Number.isFinite(direction) && { 'direction.clip': direction }) };
  };
  return {
    name: 'clip',
    columnOf: (captions) => (texts === undefined || captions === undefined ? 'source.clip' : 'caption.clip'),
    async measure({ original, edited, truth }, captions) {
      const [from, to] = [await images.encode(original), await images.encode(edited)];
      return {
        ...(truth && { 'truth.clip': cosineSimilarity(await images.encode(truth), to) }),
        'source.clip': cosineSimilarity(from, to),
        ...(texts !== undefined && captions !== undefined && (await withCaptions(from, to, captions))),
      };
    },
    async dispose() {
      await images.dispose();
      await texts?.encoder.dispose();
    },
  };
}

/** Compares the edited picture with the original and, if it is known, with the true edit. */
function againstBoth(name: string, compare: (a: Picture, b: Picture) => Promise<number>) {
  return async ({ original, edited, truth }: EditPictures) => ({
    ...(truth && { [`truth.${name}`]: await compare(truth, edited) }),
    [`source.${name}`]: await compare(original, edited),
  });
}
