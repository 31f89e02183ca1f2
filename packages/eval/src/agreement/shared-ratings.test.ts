import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PerspectiveAgreement } from './agreement-report.ts';
import { measureAgreement } from './measure-agreement.ts';
import { readRatings } from './read-ratings.ts';

/** A file beside the repository with ratings of 537 edits by GPT-4o and three people; not everyone has it. */
const RATINGS = join(
  import.meta.dirname,
  '../../../../../shared/agreement/viescore-gpt4o-text-guided-editing.jsonl',
);

const isThere = existsSync(RATINGS);
if (!isThere) process.stderr.write(`SKIPPED: agreement on the ratings of VIEScore (not found: ${RATINGS})\n`);

/** The name of a figure, and how to read it from a report. */
const FIGURES: Readonly<Record<string, (of: PerspectiveAgreement) => number | null>> = {
  InstructPix2Pix: ({ groups }) => groups[0].spearman,
  MagicBrush: ({ groups }) => groups[1].spearman,
  SDEdit: ({ groups }) => groups[2].spearman,
  'Fisher mean': ({ spearman }) => spearman.fisherMean.value,
  'mean of groups': ({ spearman }) => spearman.meanOfGroups,
  pooled: ({ spearman }) => spearman.pooled,
  kendall: ({ kendall }) => kendall,
  'accuracy, all pairs': ({ pairwiseAccuracy }) => pairwiseAccuracy.all.value,
  'accuracy, pairs of a group': ({ pairwiseAccuracy }) => pairwiseAccuracy.withinGroups.value,
  'accuracy, pairs of a task': ({ pairwiseAccuracy }) => pairwiseAccuracy.sameTask.value,
  'alpha, ordinal': ({ alpha }) => alpha.ordinal,
  'alpha, interval': ({ alpha }) => alpha.interval,
  'kappa, linear': ({ kappa }) => kappa.linear,
  'kappa, quadratic': ({ kappa }) => kappa.quadratic,
  'raters, one and the others, Fisher mean': ({ raters }) => raters!.leaveOneOut.fisherMean,
  'raters, one and the others': ({ raters }) => raters!.leaveOneOut.pooled,
  'raters, alpha, nominal': ({ raters }) => raters!.alpha.nominal,
  'raters, alpha, ordinal': ({ raters }) => raters!.alpha.ordinal,
  'raters, alpha, interval': ({ raters }) => raters!.alpha.interval,
  'raters, kappa, linear': ({ raters }) => raters!.kappa.linear,
  'raters, kappa, quadratic': ({ raters }) => raters!.kappa.quadratic,
};

/**
 * Computed with SciPy 1.17.1, scikit-learn 1.9.1 and the package krippendorff 0.9.0, from the definitions in the README beside
 * the file; pairwise accuracy by iterating over all pairs. One row per figure, in the order above; columns are SC, PQ and O.
 */
const BY_PYTHON = [
  [0.687374884961, 0.416373693673, 0.601781533254],
  [0.644459150439, 0.54309118374, 0.652685006092],
  [0.376741060271, 0.427014551153, 0.364923724952],
  [0.583878480739, 0.46422913517, 0.550768667414],
  [0.569525031891, 0.462159809522, 0.539796754766],
  [0.717457944376, 0.421671953351, 0.639067021513],
  [0.59874524617, 0.324643682963, 0.515750635595],
  [0.82623738442, 0.66583906396, 0.790612144403],
  [0.779595202914, 0.684123174344, 0.760317622602],
  [0.838397790055, 0.658333333333, 0.797142857143],
  [0.669013922864, 0.330411047845, 0.59653686361],
  [0.664312796273, 0.350402975699, 0.603135812392],
  [0.52658026977, 0.259253384857, 0.427486341646],
  [0.620911868817, 0.370156120113, 0.539783577339],
  [0.641495702147, 0.595982828218, 0.628341064371],
  [0.794265954061, 0.604747151939, 0.768519878424],
  [0.596370294195, 0.339830874094, 0.525225702098],
  [0.749259604107, 0.488687661892, 0.726508583263],
  [0.7402271904, 0.492847838037, 0.72849651535],
  [0.671913590682, 0.41993467653, 0.655915727808],
  [0.740128041277, 0.499167582587, 0.718175916463],
];

/** The bounds of the pooled correlation's interval in NumPy 2.4.6, with 2000 other resamples. */
const INTERVALS_BY_NUMPY = { SC: [0.6712, 0.7586], PQ: [0.3497, 0.4861], O: [0.5835, 0.6898] };

async function measure({ strict = false, resamples = 0 } = {}) {
  const report = await measureAgreement(await readRatings([RATINGS], { strict }), { resamples });
  return { report, perspectives: report.comparisons[0].perspectives };
}

describe.skipIf(!isThere)('agreement of GPT-4o with the raters of ImagenHub', () => {
  it('equals the figures computed in Python', async () => {
    const { report, perspectives } = await measure();
    expect(report).toMatchObject({ items: 537, incomplete: { SC: 2, PQ: 0 } });
    const columns = ['SC', 'PQ', 'O'].map((name) => perspectives[name]);
    for (const { n, missing } of columns) expect([n, missing]).toEqual([537, 0]);
    expect(columns.map(({ pairwiseAccuracy: { all } }) => all.pairs)).toEqual([99_282, 119_824, 97_477]);
    expect(columns.map(({ pairwiseAccuracy: { sameTask } }) => sameTask.pairs)).toEqual([362, 420, 350]);
    const figures = Object.entries(FIGURES);
    expect(figures).toHaveLength(BY_PYTHON.length);
    for (const [i, [name, figure]] of figures.entries())
      for (const [column, expected] of BY_PYTHON[i].entries())
        expect(Math.abs(figure(columns[column])! - expected), name).toBeLessThan(1e-11);
  });

  it('has intervals close to those of another random number generator', async () => {
    const { perspectives } = await measure({ resamples: 2000 });
    for (const [name, [low, high]] of Object.entries(INTERVALS_BY_NUMPY)) {
      const { interval, intervalByTask } = perspectives[name].spearman;
      for (const bounds of [interval, intervalByTask]) {
        expect(Math.abs(bounds!.low - low)).toBeLessThan(0.01);
        expect(Math.abs(bounds!.high - high)).toBeLessThan(0.01);
      }
    }
  });

  it('with strict, leaves out two guessed answers and ties values that differ by rounding', async () => {
    const { perspectives } = await measure({ strict: true });
    expect(perspectives['SC']).toMatchObject({ n: 535, missing: 2 });
    // Computed with SciPy from values rounded to ten decimals, without the two answers.
    expect(perspectives['SC'].spearman.fisherMean.value).toBeCloseTo(0.586479931573, 10);
    expect(perspectives['O'].spearman.fisherMean.value).toBeCloseTo(0.553135625347, 10);
    expect(perspectives['O'].kendall).toBeCloseTo(0.519115410586, 10);
  });
});
