import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Calibration, Ratings } from '@rewardedit/eval';
import { printable } from '@rewardedit/core/text';
import { examples } from '../../flags/examples.ts';
import { severalArguments } from '../../flags/arguments.ts';
import { bootstrapFlag, seedFlag, withVariables } from '../../flags/flags.ts';
import { writeCalibration } from '../../judging/write-calibration.ts';
import { calibrationTables } from '../../output/calibration-tables.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

export type CalibrationReport = Calibration & {
  /** The file that was written. */
  readonly file?: string;
};

export default class JudgeCalibrate extends BaseCommand<typeof JudgeCalibrate> {
  static override summary = "Calibrate a judge's scores to those of humans, and measure the benefit.";

  static override description = `Fits, for each perspective, a non-decreasing map from the judge's scores to the humans' scores (isotonic regression). Its benefit is
measured by five-fold cross-validation over tasks. Prints the mean absolute error, Krippendorff's alpha and Spearman's correlation before
and after, and their difference, each with a 95 % interval.

Accepts the same files as \`rewardedit agreement\`: the journals of a judge and of corrections, or ratings of edits. With --out, the maps
are saved; the judge calibrated:FILE then calls the original judge and maps its scores.`;

  static override examples = examples({
    'Calibrate a judge with human corrections, and save the calibration':
      'data/photos/rewards.jsonl data/photos/corrections.jsonl --out calibration.json',
    'Only print the figures, from ratings of edits': 'viescore.jsonl',
  });

  static override args = { file: severalArguments('Rating files, or rewards journals.') };

  static override flags = withVariables('judge calibrate', {
    out: Flags.string({
      summary: 'File for the calibration; not saved by default.',
      helpValue: 'FILE',
    }),
    bootstrap: bootstrapFlag(1000),
    seed: seedFlag(),
  });

  protected async work(
    { file: files }: ArgumentsOf<typeof JudgeCalibrate>,
    { out, bootstrap: resamples, seed }: OptionsOf<typeof JudgeCalibrate>,
  ): Promise<CalibrationReport> {
    const { LEAST_TASKS, calibrate, countCalibrationResamples, readRatings } =
      await import('@rewardedit/eval');
    const ratings: Ratings = await readRatings(files);
    if (ratings.comparisons.length > 1) {
      throw new RewardEditError('usage', 'only one judge can be calibrated at a time', {
        where: files.join(', '),
        hint: 'give the journal of one judge and that of the corrections',
      });
    }
    const [comparison] = ratings.comparisons;
    const calibration = await this.longWork(
      { phase: 'Resampling', unit: 'resamples', total: countCalibrationResamples(ratings, resamples) },
      ({ emit, signal }) =>
        calibrate(ratings, comparison, {
          ...{ resamples, seed, signal },
          onResample: (done) => emit({ type: 'progress', done }),
        }),
    );
    const left = ratings.perspectives.filter((name) => calibration.perspectives[name] === undefined);
    if (left.length === ratings.perspectives.length) {
      throw new RewardEditError(
        'bad-input',
        `fewer than ${LEAST_TASKS} items have scores by both the judge and humans`,
        {
          where: files.join(', '),
          hint: 'correct more scores with `rewardedit review`',
        },
      );
    }
    this.log(printable(`${calibration.judge} against ${calibration.reference}\n`));
    this.log(calibrationTables(calibration));
    for (const name of left)
      this.note(`${name}: not calibrated, because fewer than ${LEAST_TASKS} items have scores by both.`);
    if (out === undefined) return calibration;
    await writeCalibration(out, calibration, files);
    this.log(`\nThe calibration is in ${printable(out)}.`);
    return { ...calibration, file: out };
  }
}
