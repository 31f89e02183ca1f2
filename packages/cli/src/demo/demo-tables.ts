import type { EvalRun, RunComparison, RunItem, Table } from '@rewardedit/eval';
import { COMPARED, CONDITIONS, CONTROL } from './conditions.ts';

/** What the rows say: a column of the runs, over some of the items. */
const SHOWN = [
  { title: 'score (0 to 5)', column: 'overall', of: () => true },
  { title: 'edits right', column: 'right', of: () => true },
  { title: 'dB, scenes', column: 'truth.psnr', of: ({ id }: RunItem) => id.startsWith('scene-') },
  { title: 'dB, photos', column: 'truth.psnr', of: ({ id }: RunItem) => id.startsWith('photo-') },
  { title: 'dB, what is to stay', column: 'outside.psnr', of: () => true },
];

const COMPARED_COLUMNS = ['overall', 'right', 'truth.psnr', 'outside.psnr'];

/** Every condition in a row: means with their 95 % intervals by source picture. */
export async function conditionTable(runs: readonly EvalRun[], seed: number): Promise<Table> {
  const { COLUMNS, clusteredMean, formatMean } = await import('@rewardedit/eval');
  return {
    header: ['', ...SHOWN.map(({ title }) => title)],
    rows: runs.map((run) => [
      CONDITIONS.find(({ name }) => name === run.name)?.label ?? run.name,
      ...SHOWN.map(({ column, of }) => {
        const values = run.items
          .filter(of)
          .flatMap(({ cluster, values }) => (column in values ? [{ cluster, value: values[column] }] : []));
        const { range } = COLUMNS[column];
        const found = clusteredMean(values, { seed, ...(range && { range }) });
        return formatMean(found?.mean ?? null, found?.interval ?? null, COLUMNS[column]);
      }),
    ]),
  };
}

/** The control first, then what is compared with it. */
export function comparedRuns(runs: readonly EvalRun[]): EvalRun[] {
  return [CONTROL, ...COMPARED].map((name) => runs.find((run) => run.name === name)!);
}

/** What rewards change against the control, item by item. */
export async function compareWithControl(
  [control, ...others]: readonly EvalRun[],
  seed: number,
): Promise<RunComparison> {
  const { compareRuns } = await import('@rewardedit/eval');
  return compareRuns(control, others, { columns: COMPARED_COLUMNS, seed });
}

/** Writes the page with the summary and every edit; gives its path. */
export async function writeDemoReport(
  path: string,
  runs: readonly EvalRun[],
  comparison: RunComparison,
  { conditions, seed }: { readonly conditions: Table; readonly seed: number },
): Promise<string> {
  const { comparisonSections, writeReport } = await import('@rewardedit/report');
  const sections = comparisonSections(runs, comparison, { columns: COMPARED_COLUMNS, seed, tables: [] });
  const written = await writeReport({
    ...{ title: 'What rewards do', runs, path, isSingleFile: false },
    sections: [{ title: 'All conditions', tables: [conditions], charts: [] }, ...sections],
  });
  return written.path;
}
