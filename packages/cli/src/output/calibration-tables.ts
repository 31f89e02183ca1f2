import type { Calibration, CalibrationFigure, ScoreAgreement } from '@rewardedit/eval';
import { formatTable } from './table.ts';

const FIGURES: readonly (readonly [label: string, name: keyof ScoreAgreement])[] = [
  ['mean absolute error', 'meanAbsoluteError'],
  ["Krippendorff's alpha, interval", 'alpha'],
  ['Spearman', 'spearman'],
];

/** One table per figure: before, held out and their difference, with 95 % intervals. */
export function calibrationTables({ perspectives }: Calibration): string {
  return FIGURES.map(([label, name]) =>
    formatTable(
      [label, 'N', 'before', '95 %', 'calibrated', '95 %', 'difference', '95 %'],
      Object.entries(perspectives).map(([perspective, { n, before, heldOut, difference }]) => [
        perspective,
        n,
        ...[before, heldOut, difference].flatMap((agreement) => cells(agreement[name])),
      ]),
    ),
  ).join('\n\n');
}

function cells({ value, interval }: CalibrationFigure): [string, string] {
  const range = interval === null ? '-' : `${interval.low.toFixed(3)} to ${interval.high.toFixed(3)}`;
  return [value?.toFixed(4) ?? '-', range];
}
