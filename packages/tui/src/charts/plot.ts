import { createCanvas, drawLine, setDot, type Canvas, type Dot } from './canvas.ts';

/** Numbers over steps. */
export type Curve = { readonly steps: readonly number[]; readonly values: readonly number[] };

export type Range = readonly [low: number, high: number];

export type PlotOptions = {
  readonly width: number;
  readonly height: number;
  /** Steps that are shown; those that there are by default. */
  readonly steps?: Range | undefined;
  readonly logarithmic?: boolean;
};

export type Plot = { readonly canvas: Canvas; readonly steps: Range; readonly values: Range };

/** Draws curves into one grid of characters. Values that are not finite, or on a log axis not above zero, leave a gap. Undefined without any. */
export function plot(curves: readonly Curve[], options: PlotOptions): Plot | undefined {
  const { width, height, logarithmic = false } = options;
  const isShown = (value: number) => Number.isFinite(value) && (!logarithmic || value > 0);
  const steps = options.steps ?? rangeOf(curves.flatMap((curve) => [curve.steps[0], curve.steps.at(-1)!]));
  const inside = curves.map(({ steps: at, values }) =>
    values.flatMap((value, i): [number, number][] =>
      steps !== undefined && at[i] >= steps[0] && at[i] <= steps[1] ? [[at[i], value]] : [],
    ),
  );
  const values = rangeOf(inside.flatMap((points) => points.map(([, value]) => value).filter(isShown)));
  if (steps === undefined || values === undefined || width < 1 || height < 1) return undefined;
  const canvas = createCanvas(width, height);
  const scale = logarithmic ? Math.log : (value: number) => value;
  const along = (value: number, [low, high]: Range, dots: number) =>
    high === low ? (dots - 1) >> 1 : Math.round(((value - low) / (high - low)) * (dots - 1));
  const scaled: Range = [scale(values[0]), scale(values[1])];
  inside.forEach((points, curve) => {
    let last: Dot | undefined;
    for (const [step, value] of points) {
      if (!isShown(value)) {
        last = undefined;
        continue;
      }
      const dot: Dot = [
        along(step, steps, 2 * width),
        4 * height - 1 - along(scale(value), scaled, 4 * height),
      ];
      if (last === undefined) setDot(canvas, ...dot, curve);
      else drawLine(canvas, last, dot, curve);
      last = dot;
    }
  });
  return { canvas, steps, values };
}

function rangeOf(numbers: readonly (number | undefined)[]): Range | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const number of numbers) {
    if (number === undefined) continue;
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  return low <= high ? [low, high] : undefined;
}
