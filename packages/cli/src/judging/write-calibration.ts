import { RewardEditError } from '@rewardedit/core/errors';
import type { CalibrationFile } from '@rewardedit/annotate';
import type { Calibration } from '@rewardedit/eval';

/**
 * Saves the maps of a calibration for the judge `calibrated:FILE`.
 *
 * @param journals the files of the calibration, one of which has the answers of the judge.
 * @throws RewardEditError 'bad-input' if they are not rewards journals, or a perspective has too few scores.
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
        ? 'these files do not name a judge that can be called'
        : `too few items have scores by both the judge and humans for: ${missing.join(', ')}`,
      {
        where: journals.join(', '),
        hint: 'to save a calibration, give a rewards journal and corrections of all three perspectives; without --out, only the figures are printed',
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

/** The judge of the first journal that is not of human corrections. */
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
