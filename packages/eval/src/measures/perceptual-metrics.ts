import type { Picture } from '@rewardedit/data';
import { cosineSimilarity, openImageEncoder, openLpips, type ImageEncoderName } from '@rewardedit/metrics';
import type { EditPictures } from './edit-pictures.ts';

/** Files of trained networks that the user has; those that are not named are not measured with. */
export interface NetworkFiles {
  readonly lpips?: string | undefined;
  /** CLIP's image encoder. */
  readonly clip?: string | undefined;
  readonly dino?: string | undefined;
}

/** Measures one edit with a trained network. */
export interface PerceptualMetric {
  /** Its columns are `source.NAME` and, where the true edit is known, `truth.NAME`. */
  readonly name: string;
  measure(pictures: EditPictures): Promise<Readonly<Record<string, number>>>;
  dispose(): Promise<void>;
}

/**
 * Opens the networks whose files are named.
 * @throws RewardEditError 'bad-input' for a file that is none.
 */
export async function openPerceptualMetrics(files: NetworkFiles): Promise<PerceptualMetric[]> {
  const { lpips, clip, dino } = files;
  return Promise.all([
    ...(lpips === undefined ? [] : [lpipsMetric(lpips)]),
    ...(clip === undefined ? [] : [similarityMetric(clip, 'clip')]),
    ...(dino === undefined ? [] : [similarityMetric(dino, 'dino')]),
  ]);
}

async function lpipsMetric(path: string): Promise<PerceptualMetric> {
  const { distance, dispose } = await openLpips(path);
  return { name: 'lpips', measure: againstBoth('lpips', distance), dispose };
}

async function similarityMetric(path: string, name: ImageEncoderName): Promise<PerceptualMetric> {
  const { encode, dispose } = await openImageEncoder(path, name);
  const similarity = async (a: Picture, b: Picture) => cosineSimilarity(await encode(a), await encode(b));
  return { name, measure: againstBoth(name, similarity), dispose };
}

/** Compares the edited picture with the true edit, where it is known, and with the original. */
function againstBoth(name: string, compare: (a: Picture, b: Picture) => Promise<number>) {
  return async ({ original, edited, truth }: EditPictures) => ({
    ...(truth && { [`truth.${name}`]: await compare(truth, edited) }),
    [`source.${name}`]: await compare(original, edited),
  });
}
