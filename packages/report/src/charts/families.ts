import { COLUMNS } from '@rewardedit/eval';

/** Columns that share an axis. */
export interface Family {
  readonly title: string;
  readonly columns: readonly string[];
  /** The ends of the axis, if the values are bounded. */
  readonly range?: readonly [number, number] | undefined;
}

const isOfRange = (column: string, low: number, high: number) => {
  const { range } = COLUMNS[column];
  return range !== undefined && range[0] === low && range[1] === high;
};

const FAMILIES: readonly {
  readonly title: string;
  readonly range?: readonly [number, number];
  readonly has: (column: string) => boolean;
}[] = [
  { title: 'Scores', range: [0, 5], has: (column) => isOfRange(column, 0, 5) },
  { title: 'Shares', range: [0, 1], has: (column) => isOfRange(column, 0, 1) },
  { title: 'PSNR (dB)', has: (column) => column.endsWith('.psnr') },
  { title: 'Similarities', has: (column) => isOfRange(column, -1, 1) },
];

/** The label of a column in the chart of its family, without the family's title. */
export function labelIn({ title }: Family, column: string): string {
  const { label } = COLUMNS[column];
  return label.startsWith(`${title} `) ? label.slice(title.length + 1) : label;
}

/** Groups columns that one chart can show; columns of no family appear in tables only. */
export function familiesOf(columns: readonly string[]): Family[] {
  return FAMILIES.map(({ title, range, has }) => ({ title, range, columns: columns.filter(has) })).filter(
    (family) => family.columns.length > 0,
  );
}
