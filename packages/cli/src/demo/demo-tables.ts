import type { EvalRun, RunItem, Table } from '@rewardedit/eval';
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

/** What rewards change against the control, item by item. */
export async function differenceTable(runs: readonly EvalRun[], seed: number): Promise<Table> {
  const { compareRuns, comparisonTable } = await import('@rewardedit/eval');
  const base = runs.find(({ name }) => name === CONTROL)!;
  const others = runs.filter(({ name }) => COMPARED.includes(name));
  return comparisonTable(compareRuns(base, others, { columns: COMPARED_COLUMNS, seed }));
}
