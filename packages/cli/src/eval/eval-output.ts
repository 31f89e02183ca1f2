import { printable } from '@rewardedit/core/text';
import type { AgreementReport, EvalRun, GroupSummary, MissingEdit } from '@rewardedit/eval';
import { formatTable } from '../output/table.ts';

/** Output formats; csv has a line per item, junit a test per item. */
export const EVAL_FORMATS = ['text', 'markdown', 'csv', 'junit'] as const;

export type EvalFormat = (typeof EVAL_FORMATS)[number];

/** Columns shown per kind of edit: the first three of these that the run has. */
const MAIN_COLUMNS = ['overall', 'right', 'truth.psnr', 'source.psnr'];

/** Formats a run for printing. */
export async function formatRun(
  groups: readonly GroupSummary[],
  run: EvalRun,
  missing: readonly MissingEdit[],
  format: EvalFormat,
): Promise<string> {
  const { itemsCsv, itemsJunit, kindTable, markdownTable, summaryTable } = await import('@rewardedit/eval');
  if (format === 'csv') return itemsCsv(run.items).trimEnd();
  if (format === 'junit') return itemsJunit(run, missing).trimEnd();
  const isOfKinds = groups.length > 2;
  const tables = [summaryTable(groups), ...(isOfKinds ? [kindTable(groups, mainColumns(groups))] : [])];
  const asText = ({ header, rows }: (typeof tables)[number]) => printable(formatTable(header, rows));
  return tables.map(format === 'markdown' ? markdownTable : asText).join('\n\n');
}

/** Writes the page of a run, and returns its path and the number of pictures left out. */
export async function writeRunReport(
  run: EvalRun,
  groups: readonly GroupSummary[],
  agreement: AgreementReport | undefined,
  { path, isSingleFile }: { readonly path: string; readonly isSingleFile: boolean },
): Promise<{ readonly path: string; readonly left: number }> {
  const { judgesTable } = await import('@rewardedit/eval');
  const { runSections, writeReport } = await import('@rewardedit/report');
  const tables = (agreement?.comparisons ?? []).map(judgesTable);
  const judges = tables.length === 0 ? [] : [{ title: 'Judges side by side', tables }];
  return writeReport({
    ...{ title: run.name, runs: [run], isSingleFile, path },
    sections: [...runSections(groups, mainColumns(groups)), ...judges],
  });
}

function mainColumns([{ columns }]: readonly GroupSummary[]): string[] {
  return MAIN_COLUMNS.filter((name) => columns.some(({ column }) => column === name)).slice(0, 3);
}
