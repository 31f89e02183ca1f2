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

/** Files of trained networks that the user has; those that are not named are not measured with. */
export interface NetworkFiles {
  readonly lpips?: string | undefined;
  /** CLIP's image encoder. */
  readonly clip?: string | undefined;
  /** CLIP's text encoder, and the folder of its tokenizer: both or none, and not without the image encoder. */
  readonly clipText?: string | undefined;
  readonly clipTokenizer?: string | undefined;
  readonly dino?: string | undefined;
}

/** Measures one edit with a trained network. */
export interface PerceptualMetric {
  /** Its columns end with this. */
  readonly name: string;
  /** A column that an edit has once it was measured. */
  columnOf(captions: Captions | undefined): string;
  measure(pictures: EditPictures, captions: Captions | undefined): Promise<Readonly<Record<string, number>>>;
  dispose(): Promise<void>;
}

/**
 * Opens the networks whose files are named.
 * @throws RewardEditError 'bad-input' for a file that is none, 'usage' where one lacks another.
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

/** CLIP's similarities of pictures and, where the benchmark has captions and the files are named, of the edit and its caption. */
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
    // An edit that changes nothing has no direction.
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

/** Compares the edited picture with the true edit, where it is known, and with the original. */
function againstBoth(name: string, compare: (a: Picture, b: Picture) => Promise<number>) {
  return async ({ original, edited, truth }: EditPictures) => ({
    ...(truth && { [`truth.${name}`]: await compare(truth, edited) }),
    [`source.${name}`]: await compare(original, edited),
  });
}
