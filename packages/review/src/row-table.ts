import { PERSPECTIVES, type Perspective, type Reward } from '@rewardedit/core';
import { ROW_KINDS, type RowKind } from './protocol.ts';

/** The number of measures to sort by, in order of appearance: names come from data, and each takes memory for every row. */
export const SORTABLE_MEASURES = 24;

/** The numbers that rows are filtered and sorted by, one entry per row; NaN if missing. */
export type RowTable = {
  readonly count: number;
  /** Indices into ROW_KINDS. */
  readonly kinds: Uint8Array;
  readonly isSetAside: Uint8Array;
  readonly isCorrected: Uint8Array;
  /** The effective scores: a person's, else the judge's. */
  readonly scores: Readonly<Record<Perspective, Float64Array>>;
  /** The mean of the three scores, if there are three. */
  readonly overall: Float64Array;
  /** The largest spread among the judge's effective scores. */
  readonly spread: Float64Array;
  readonly measures: Map<string, Float64Array>;
};

export function createRowTable(count: number): RowTable {
  const numbers = () => new Float64Array(count).fill(Number.NaN);
  return {
    count,
    kinds: new Uint8Array(count),
    isSetAside: new Uint8Array(count),
    isCorrected: new Uint8Array(count),
    scores: { following: numbers(), preserving: numbers(), quality: numbers() },
    overall: numbers(),
    spread: numbers(),
    measures: new Map(),
  };
}

export function setKind(table: RowTable, row: number, kind: RowKind): void {
  table.kinds[row] = ROW_KINDS.indexOf(kind);
}

/** Enters the effective reward of a row. */
export function setReward(table: RowTable, row: number, reward: Reward | undefined): void {
  let sum = 0;
  let spread = Number.NaN;
  for (const name of PERSPECTIVES) {
    const score = reward?.scores[name] ?? Number.NaN;
    table.scores[name][row] = score;
    sum += score;
    const own = reward?.spread?.[name];
    if (own !== undefined && !(own < spread)) spread = own;
  }
  table.overall[row] = sum / PERSPECTIVES.length;
  table.spread[row] = spread;
}

export function setMeasures(table: RowTable, row: number, measures: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(measures)) {
    let column = table.measures.get(name);
    if (column === undefined) {
      if (table.measures.size === SORTABLE_MEASURES) continue;
      column = new Float64Array(table.count).fill(Number.NaN);
      table.measures.set(name, column);
    }
    column[row] = value;
  }
}
