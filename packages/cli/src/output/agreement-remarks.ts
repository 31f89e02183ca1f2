import type { AgreementReport, PerspectiveAgreement } from '@rewardedit/eval';

/** Remarks needed to read the figures correctly: what was left out, and what is undefined. */
export function agreementRemarks({ comparisons, incomplete, strict }: AgreementReport): string[] {
  const remarks: string[] = [];
  for (const [name, count] of Object.entries(incomplete)) {
    if (count === 0) continue;
    const what = `${name}: ${counted(count, 'answer of a judge has', 'answers of a judge have')} fewer scores than requested`;
    remarks.push(
      `${what}: ${strict ? 'treated as missing' : 'used as they are; with --strict, treated as missing'}.`,
    );
  }
  for (const { judge, reference, perspectives } of comparisons) {
    const which = comparisons.length > 1 ? `${judge} against ${reference}, ` : '';
    for (const [name, agreement] of Object.entries(perspectives))
      for (const remark of remarksOn(agreement, strict)) remarks.push(`${which}${name}: ${remark}`);
  }
  return remarks;
}

function* remarksOn({ roundedTies, spearman }: PerspectiveAgreement, strict: boolean): Generator<string> {
  const { undefinedGroups, perfectGroups } = spearman.fisherMean;
  const undefinedResamples = Math.max(
    spearman.interval?.undefinedResamples ?? 0,
    spearman.intervalByTask?.undefinedResamples ?? 0,
  );
  if (roundedTies > 0 && !strict) {
    yield `${counted(roundedTies, 'value differs', 'values differ')} from another only by rounding, which breaks ties (not with --strict).`;
  }
  if (undefinedGroups > 0) {
    yield `${counted(undefinedGroups, 'group has', 'groups have')} no correlation, because one side is constant, and ${undefinedGroups === 1 ? 'is' : 'are'} not in the means.`;
  }
  if (undefinedResamples > 0) {
    yield `${counted(undefinedResamples, 'resample has', 'resamples have')} no correlation; the interval is based on the others.`;
  }
  if (perfectGroups > 0) {
    yield `${counted(perfectGroups, 'group has', 'groups have')} a correlation of 1 or -1, which alone determines the Fisher mean; the mean of groups is more informative.`;
  }
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
