import { assertSameSize, type Picture } from '@rewardedit/data';
import { pixelDifferences } from '../pixels/differences.ts';
import { structuralSimilarity } from '../pixels/structural-similarity.ts';
import { changedRegion } from './changed-region.ts';
import { editOutcome } from './edit-outcome.ts';

/** A measure of two pictures. */
interface MetricInfo {
  readonly label: string;
  readonly better: 'higher' | 'lower';
}

const DISTANCES = {
  l1: { label: 'L1', better: 'lower' },
  l2: { label: 'L2', better: 'lower' },
  psnr: { label: 'PSNR (dB)', better: 'higher' },
  ssim: { label: 'SSIM', better: 'higher' },
} as const satisfies Record<string, MetricInfo>;

/** Comparisons: the picture that the edited one is compared with, and the region. */
const COMPARISONS = {
  /** The whole picture with the true edit. */
  truth: { label: 'to the true edit', with: 'truth', where: 'everywhere' },
  /** The region that the true edit changes: whether the edit was made. */
  inside: { label: 'to the true edit, inside its region', with: 'truth', where: 'changed' },
  /** The region that the true edit leaves unchanged: whether it was preserved. */
  outside: { label: 'to the original, outside its region', with: 'original', where: 'unchanged' },
  /** The whole picture with the original. */
  source: { label: 'to the original', with: 'original', where: 'everywhere' },
} as const;

type Distance = keyof typeof DISTANCES;
type Comparison = keyof typeof COMPARISONS;

/** Name of a metric, such as `outside.psnr`; `right` is 1 if the edit counts as made, otherwise 0. */
export type EditMetric = `${Comparison}.${Distance}` | 'right';

/** Metrics by name; one that cannot be computed is absent. */
export type EditMetrics = Readonly<Partial<Record<EditMetric, number>>>;

/** Title of each metric, and whether higher is better. */
export const EDIT_METRICS: Readonly<Record<EditMetric, MetricInfo>> = {
  right: { label: 'right', better: 'higher' },
  ...(Object.fromEntries(
    Object.entries(COMPARISONS).flatMap(([comparison, { label }]) =>
      Object.entries(DISTANCES).map(([distance, info]) => [
        `${comparison}.${distance}`,
        { ...info, label: `${info.label} ${label}` },
      ]),
    ),
  ) as Record<`${Comparison}.${Distance}`, MetricInfo>),
};

/**
 * Computes pixel metrics of an edited picture against the original and, if the true edit is known, against the true edit, also inside and outside
 * the region that it changes. A true edit that changes everything or nothing has no metrics outside or inside. Throws 'bad-input' if the
 * pictures differ in size.
 */
export function editMetrics(pictures: {
  readonly original: Picture;
  readonly edited: Picture;
  readonly truth?: Picture | undefined;
}): EditMetrics {
  const { original, edited, truth } = pictures;
  assertSameSize(original, edited);
  const metrics: Partial<Record<EditMetric, number>> = {};
  const changed = truth && changedRegion(original, truth);
  const regions = {
    everywhere: undefined,
    changed,
    unchanged: changed?.map((value) => 1 - value),
  };
  if (truth) {
    assertSameSize(truth, edited);
    if (changed!.includes(1)) metrics.right = editOutcome({ original, edited, truth }).success ? 1 : 0;
  }
  for (const [comparison, { with: other, where }] of Object.entries(COMPARISONS)) {
    const reference = pictures[other];
    if (!reference || (where !== 'everywhere' && !regions[where])) continue;
    const mask = regions[where];
    const found = {
      ...pixelDifferences(reference, edited, mask),
      ssim: structuralSimilarity(reference, edited, mask),
    };
    for (const [distance, value] of Object.entries(found)) {
      if (!Number.isNaN(value)) metrics[`${comparison as Comparison}.${distance as Distance}`] = value;
    }
  }
  return metrics;
}
