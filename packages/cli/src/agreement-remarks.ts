import type { AgreementReport, PerspectiveAgreement } from '@rewardedit/eval';

/** What has to be known to read the figures right: what was left out, what was taken as it is, what is not defined. */
export function agreementRemarks({ comparisons, incomplete, strict }: AgreementReport): string[] {
  const remarks: string[] = [];
  for (const [name, count] of Object.entries(incomplete)) {
    if (count === 0) continue;
    const what = `${name}: ${counted(count, 'answer of a judge has', 'answers of a judge have')} fewer scores than were asked for`;
    remarks.push(`${what}: ${strict ? 'taken as missing' : 'taken as they are, with --strict as missing'}.`);
  }
  for (const { perspectives } of comparisons)
    for (const [name, agreement] of Object.entries(perspectives))
      for (const remark of remarksOn(agreement, strict)) remarks.push(`${name}: ${remark}`);
  return [...new Set(remarks)];
}

function* remarksOn({ roundedTies, spearman }: PerspectiveAgreement, strict: boolean): Generator<string> {
  const { undefinedGroups, perfectGroups } = spearman.fisherMean;
  if (roundedTies > 0 && !strict) {
    yield `${counted(roundedTies, 'value differs', 'values differ')} from another one by rounding only, which breaks ties (not with --strict).`;
  }
  if (undefinedGroups > 0) {
    yield `${counted(undefinedGroups, 'group has', 'groups have')} no correlation, because one side is constant there, and ${undefinedGroups === 1 ? 'is' : 'are'} not in the means.`;
  }
  if (perfectGroups > 0) {
    yield `${counted(perfectGroups, 'group has', 'groups have')} a correlation of 1 or -1, which decides the Fisher mean alone; the mean of groups says more.`;
  }
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}
