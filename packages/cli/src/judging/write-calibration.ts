import { RewardEditError } from '@rewardedit/core/errors';
import type { CalibrationFile } from '@rewardedit/annotate';
import type { Calibration } from '@rewardedit/eval';

/**
 * Keeps the maps of a calibration for the judge `calibrated:FILE`.
 *
 * @param journals the files that it was made from: one of them has the answers of the judge.
 * @throws 'bad-input' where those are no journals of rewards, or a perspective has too few scores to be fitted.
 */
export async function writeCalibration(
  path: string,
  { perspectives, reference }: Calibration,
  journals: readonly string[],
): Promise<void> {
  const { PERSPECTIVES, writeFileAtomic } = await import('@rewardedit/core');
  const judge = await judgeOfJournals(journals);
  const missing = PERSPECTIVES.filter((name) => perspectives[name] === undefined);
  if (judge === undefined || missing.length > 0) {
    throw new RewardEditError(
      'bad-input',
      judge === undefined
        ? 'these files name no judge that could be asked'
        : `there are too few scores of both for: ${missing.join(', ')}`,
      {
        where: journals.join(', '),
        hint: 'a calibration is kept for the judge of a journal of rewards, from corrections of all three perspectives; without --out, the figures are shown',
      },
    );
  }
  const maps = Object.fromEntries(PERSPECTIVES.map((name) => [name, perspectives[name].map]));
  const file: CalibrationFile = {
    format: 'rewardedit-calibration',
    judge: judge.name,
    version: judge.version,
    reference,
    maps: maps as CalibrationFile['maps'],
  };
  await writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`);
}

/** The judge of the first answers that are not people's. */
async function judgeOfJournals(
  journals: readonly string[],
): Promise<{ name: string; version: string } | undefined> {
  const { judgeOf, readAnswers } = await import('@rewardedit/annotate');
  for (const journal of journals) {
    for await (const answer of readAnswers(journal)) {
      const judge = judgeOf(answer);
      if (judge !== undefined && judge.name !== 'human') return judge;
      break;
    }
  }
  return undefined;
}
