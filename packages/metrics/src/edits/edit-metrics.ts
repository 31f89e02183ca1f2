import { assertSameSize, type Picture } from '@rewardedit/data';
import { pixelDifferences } from '../pixels/differences.ts';
import { structuralSimilarity } from '../pixels/structural-similarity.ts';
import { changedRegion } from './changed-region.ts';
import { editOutcome } from './edit-outcome.ts';

/** What one measure of two pictures says. */
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

/** What is compared: which picture the edited one is held against, and where. */
const COMPARISONS = {
  /** The whole picture with the true edit. */
  truth: { label: 'to the true edit', with: 'truth', where: 'everywhere' },
  /** Where the true edit changes something: whether it was made. */
  inside: { label: 'to the true edit, inside its region', with: 'truth', where: 'changed' },
  /** Where the true edit changes nothing: whether the rest was kept. */
  outside: { label: 'to the original, outside its region', with: 'original', where: 'unchanged' },
  /** The whole picture with the original. */
  source: { label: 'to the original', with: 'original', where: 'everywhere' },
} as const;

type Distance = keyof typeof DISTANCES;
type Comparison = keyof typeof COMPARISONS;

/** The name of a metric, such as `outside.psnr`; `right` is 1 where the edit counts as made, 0 where not. */
export type EditMetric = `${Comparison}.${Distance}` | 'right';

/** Metrics by name; one that cannot be computed is absent. */
export type EditMetrics = Readonly<Partial<Record<EditMetric, number>>>;

/** What each metric is called, and whether more of it is better. */
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
 * Measures an edited picture on its pixels: against the original, and, where the true edit is known, against that, also inside and
 * outside the region that the true edit changes. A true edit that changes all or nothing has no outside or inside, and no
 * metrics there.
 *
 * @throws RewardEditError 'bad-input' where the pictures differ in size.
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
