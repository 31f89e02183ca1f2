import { createCanvas, drawLine, setDot, type Canvas, type Dot } from './canvas.ts';

/** Values over ascending steps. */
export type Curve = { readonly steps: readonly number[]; readonly values: readonly number[] };

export type Range = readonly [low: number, high: number];

export type PlotOptions = {
  readonly width: number;
  readonly height: number;
  /** The range of steps to show; by default all of them. */
  readonly steps?: Range | undefined;
  readonly logarithmic?: boolean;
};

export type Plot = { readonly canvas: Canvas; readonly steps: Range; readonly values: Range };

/**
 * Draws curves into one grid of characters. Values that are not finite, or not positive on a log axis, leave a gap. Returns
 * undefined without values.
 */
export function plot(curves: readonly Curve[], options: PlotOptions): Plot | undefined {
  const { width, height, logarithmic = false } = options;
  const steps = options.steps ?? rangeOf(curves.flatMap((curve) => [curve.steps[0], curve.steps.at(-1)]));
  if (steps === undefined || width < 1 || height < 1) return undefined;
  // Screens are redrawn often, so the points are not copied.
  const isInside = (step: number) => step >= steps[0] && step <= steps[1];
  const isShown = (value: number) => Number.isFinite(value) && (!logarithmic || value > 0);
  const values = shownRange(curves, isInside, isShown);
  if (values === undefined) return undefined;
  const canvas = createCanvas(width, height);
  const scale = logarithmic ? Math.log : (value: number) => value;
  const along = axis(steps, 2 * width);
  const up = axis([scale(values[0]), scale(values[1])], 4 * height);
  curves.forEach((curve, number) => {
    let last: Dot | undefined;
    curve.values.forEach((value, i) => {
      const step = curve.steps[i];
      if (!isInside(step)) return;
      const dot: Dot | undefined = isShown(value)
        ? [along(step), 4 * height - 1 - up(scale(value))]
        : undefined;
      if (dot !== undefined && last === undefined) setDot(canvas, ...dot, number);
      else if (dot !== undefined && last !== undefined) drawLine(canvas, last, dot, number);
      last = dot;
    });
  });
  return { canvas, steps, values };
}

/** The position of a number on an axis of dots; in its middle if there is only one number. */
function axis([low, high]: Range, dots: number): (number: number) => number {
  if (high === low) return () => (dots - 1) >> 1;
  return (number) => Math.round(((number - low) / (high - low)) * (dots - 1));
}

function shownRange(
  curves: readonly Curve[],
  isInside: (step: number) => boolean,
  isShown: (value: number) => boolean,
): Range | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const { steps, values } of curves)
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (!isInside(steps[i]) || !isShown(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : undefined;
}

function rangeOf(numbers: readonly (number | undefined)[]): Range | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : [Math.min(...known), Math.max(...known)];
}
