import { extremes, isWithin, worstOf, type Group, type Tolerance } from './comparison.ts';
import type { ReferenceSet } from './reference-sets.ts';

/** The outcome of one set. */
export type Outcome =
  | {
      readonly set: ReferenceSet;
      readonly status: 'checked';
      readonly groups: readonly Group[];
      readonly seconds: number;
    }
  | { readonly set: ReferenceSet; readonly status: 'skipped' }
  | { readonly set: ReferenceSet; readonly status: 'error'; readonly message: string };

export function passed(outcome: Outcome): boolean {
  return outcome.status === 'skipped' || (outcome.status === 'checked' && isWithin(outcome.groups));
}

/** Formats a set as a table: a line per group with its worst tensor, or with `verbose` a line per tensor. */
export function formatOutcome(outcome: Outcome, { verbose }: { verbose: boolean }): string {
  const title = `${outcome.set.folder} (${outcome.set.kind})`;
  if (outcome.status === 'skipped') return `${title}\n  SKIPPED: sets of this kind are not checked yet.\n`;
  if (outcome.status === 'error') return `${title}\n  FAILED: ${outcome.message}\n`;
  const header = [
    '',
    'tensors',
    'relative',
    'absolute',
    'allowed',
    '',
    verbose ? 'tensor' : 'nearest to its tolerance',
  ];
  const rows = outcome.groups.flatMap((group) => (verbose ? everyTensor(group) : [worstTensor(group)]));
  return `${title}, ${outcome.seconds.toFixed(1)} s\n${formatTable([header, ...rows])}`;
}

function worstTensor(group: Group): string[] {
  const worst = worstOf(group);
  if (!worst) return [group.name, '0', '-', '-', '-', '-', '(not in this set)'];
  const { absolute, relative } = extremes(group);
  return [
    group.name,
    String(group.differences.length),
    formatShare(relative),
    absolute.toExponential(1),
    formatTolerance(group.tolerance),
    isWithin([group]) ? 'ok' : 'OVER',
    worst.name,
  ];
}

function everyTensor({ name, differences }: Group): string[][] {
  return differences.map((one) => [
    name,
    '1',
    formatShare(one.relative),
    one.absolute.toExponential(1),
    one.allowed.toExponential(1),
    one.within ? 'ok' : 'OVER',
    one.name,
  ]);
}

function formatShare(relative: number | undefined): string {
  return relative === undefined ? '-' : relative.toExponential(1);
}

function formatTolerance({ absolute, relative }: Tolerance): string {
  return relative === 0
    ? absolute.toExponential(0)
    : `${absolute.toExponential(0)} + ${relative.toExponential(0)} max`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ');
  return rows.map((row) => `  ${line(row).trimEnd()}\n`).join('');
}

/** The last line: how many sets passed, and what was skipped. */
export function summarize(backend: string, outcomes: readonly Outcome[]): string {
  const skipped = outcomes.filter(({ status }) => status === 'skipped');
  const checked = outcomes.length - skipped.length;
  const good = outcomes.filter(passed).length - skipped.length;
  const kinds = skipped.map(({ set }) => set.kind).join(', ');
  const rest = skipped.length > 0 ? `; ${skipped.length} SKIPPED (${kinds})` : '';
  return `${backend}: ${good} of ${checked} sets within tolerance${rest}\n`;
}

/** The same as JSON. */
export function toJson(
  backend: string,
  outcomes: readonly Outcome[],
  { verbose }: { verbose: boolean },
): unknown {
  return {
    backend,
    passed: outcomes.every(passed),
    sets: outcomes.map((outcome) => ({
      folder: outcome.set.folder,
      kind: outcome.set.kind,
      status: outcome.status,
      passed: passed(outcome),
      ...(outcome.status === 'error' && { message: outcome.message }),
      ...(outcome.status === 'checked' && {
        seconds: outcome.seconds,
        groups: outcome.groups.map((group) => ({
          name: group.name,
          tolerance: group.tolerance,
          passed: isWithin([group]),
          tensors: group.differences.length,
          ...extremes(group),
          worst: worstOf(group)?.name ?? null,
          ...(verbose && { differences: group.differences }),
        })),
      }),
    })),
  };
}
