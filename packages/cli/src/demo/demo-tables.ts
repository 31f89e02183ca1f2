import type { EvalRun, RunComparison, Table } from '@rewardedit/eval';
import type { DemoComparison, Experiment } from './experiment.ts';

const COMPARED_COLUMNS = ['overall', 'right', 'truth.psnr', 'outside.psnr'];

/** One row per condition: means with 95 % intervals by source picture. */
export async function conditionTable(
  { conditions, shown }: Pick<Experiment, 'conditions' | 'shown'>,
  runs: readonly EvalRun[],
  seed: number,
): Promise<Table> {
  const { COLUMNS, clusteredMean, formatMean } = await import('@rewardedit/eval');
  return {
    header: ['', ...shown.map(({ title }) => title)],
    rows: runs.map((run) => [
      conditions.find(({ name }) => name === run.name)?.label ?? run.name,
      ...shown.map(({ column, of }) => {
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

/** A comparison and its runs, the base first. */
export interface ComparedRuns {
  readonly runs: readonly EvalRun[];
  readonly comparison: RunComparison;
}

/** Compares conditions with a base, item by item. */
export async function compareConditions(
  { base, others }: DemoComparison,
  runs: readonly EvalRun[],
  seed: number,
): Promise<ComparedRuns> {
  const { compareRuns } = await import('@rewardedit/eval');
  const [first, ...rest] = [base, ...others].map((name) => runs.find((run) => run.name === name)!);
  return {
    runs: [first, ...rest],
    comparison: compareRuns(first, rest, { columns: COMPARED_COLUMNS, seed }),
  };
}

/** Writes the page with the summary and every edit, and returns its path. */
export async function writeDemoReport(
  path: string,
  compared: readonly ComparedRuns[],
  { conditions, seed }: { readonly conditions: Table; readonly seed: number },
): Promise<string> {
  const { comparisonSections, writeReport } = await import('@rewardedit/report');
  const sections = compared.flatMap(({ runs, comparison }) =>
    comparisonSections(runs, comparison, { columns: COMPARED_COLUMNS, seed, tables: [] }),
  );
  const runs = [...new Set(compared.flatMap((each) => each.runs))];
  const written = await writeReport({
    ...{ title: 'What rewards do', runs, path, isSingleFile: false },
    sections: [{ title: 'All conditions', tables: [conditions], charts: [] }, ...sections],
  });
  return written.path;
}
