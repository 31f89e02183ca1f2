import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Calibration, Ratings } from '@rewardedit/eval';
import { printable } from '@rewardedit/core/text';
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
  static override summary = "Fit a judge's scores to those of humans, and measure what that is worth.";

  static override description = `For each perspective, a map that never falls is fitted from the judge's scores to the humans'
(isotonic regression). What it is worth is measured on scores that it was not fitted to: the tasks are cut into five parts, and each
is mapped by what was fitted to the other four. Shown are the mean absolute error, Krippendorff's alpha and Spearman's correlation
before and after, and their difference, each with a 95 % interval.

Takes the files that \`rewardedit agreement\` takes: the journals of a judge and of corrections, or ratings of edits. With --out, the
maps are kept; the judge calibrated:FILE asks that judge and maps its scores.`;

  static override examples = [
    {
      description: 'What corrections are worth for a judge, and a judge that makes use of them',
      command:
        '<%= config.bin %> <%= command.id %> data/photos/rewards.jsonl data/photos/corrections.jsonl --out calibration.json',
    },
    {
      description: 'Only the figures, on ratings of edits',
      command: '<%= config.bin %> <%= command.id %> viescore.jsonl',
    },
  ];

  static override args = {
    file: severalArguments('Files of ratings, or journals of rewards.'),
  };

  static override flags = withVariables('judge calibrate', {
    out: Flags.string({
      summary: 'File for the calibration; nothing is kept by default.',
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
      throw new RewardEditError('usage', 'one judge is calibrated at a time', {
        where: files.join(', '),
        hint: "name the judge's journal and that of the corrections",
      });
    }
    const [comparison] = ratings.comparisons;
    const calibration = await this.longWork(
      { phase: 'Resampling', unit: 'resamples', total: countCalibrationResamples(ratings, resamples) },
      (emit, signal) =>
        calibrate(ratings, comparison, {
          ...{ resamples, seed, signal },
          onResample: (done) => emit({ type: 'progress', done }),
        }),
    );
    const left = ratings.perspectives.filter((name) => calibration.perspectives[name] === undefined);
    if (left.length === ratings.perspectives.length) {
      throw new RewardEditError('bad-input', `fewer than ${LEAST_TASKS} items have a score of both`, {
        where: files.join(', '),
        hint: 'correct more scores: `rewardedit review` shows the page for it',
      });
    }
    this.log(printable(`${calibration.judge} against ${calibration.reference}\n`));
    this.log(calibrationTables(calibration));
    for (const name of left)
      this.note(`${name}: fewer than ${LEAST_TASKS} items have a score of both, so nothing is fitted.`);
    if (out === undefined) return calibration;
    await writeCalibration(out, calibration, files);
    this.log(`\nThe calibration is in ${printable(out)}.`);
    return { ...calibration, file: out };
  }
}
