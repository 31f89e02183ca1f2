/** Values of a number by step, in at most `MOST_POINTS` points: those whose step is a multiple of `stride`. */
export type Series = {
  readonly stride: number;
  readonly steps: readonly number[];
  readonly values: readonly number[];
};

/** Enough for the widest chart. */
const MOST_POINTS = 2048;

export const EMPTY_SERIES: Series = { stride: 1, steps: [], values: [] };

/**
 * Adds the value of a step. If the series becomes too long, every other point is removed. The points that remain are those of a run that was never
 * interrupted, whatever was superseded in between.
 */
export function addPoint(series: Series, step: number, value: number): Series {
  const { stride } = series;
  if (step % stride !== 0) return series;
  const steps = [...series.steps, step];
  const values = [...series.values, value];
  return steps.length <= MOST_POINTS ? { stride, steps, values } : thinned({ stride, steps, values });
}

/** Adds a reading at an arbitrary time; readings closer together than the stride are dropped. */
export function addReading({ stride, steps, values }: Series, at: number, value: number): Series {
  const last = steps.at(-1);
  if (last !== undefined && at - last < stride) return { stride, steps, values };
  const added = { stride, steps: [...steps, at], values: [...values, value] };
  if (added.steps.length <= MOST_POINTS) return added;
  const isKept = (_: number, i: number) => i % 2 === 0;
  // Doubles the average interval.
  const apart = (2 * (at - added.steps[0])) / (added.steps.length - 1);
  return { stride: apart, steps: added.steps.filter(isKept), values: added.values.filter(isKept) };
}

function thinned({ stride, steps, values }: Series): Series {
  const isKept = (step: number) => step % (2 * stride) === 0;
  return {
    stride: 2 * stride,
    steps: steps.filter(isKept),
    values: values.filter((_, i) => isKept(steps[i])),
  };
}

/** Returns the series up to and including a step. */
export function upTo(series: Series, step: number): Series {
  const kept = series.steps.findIndex((each) => each > step);
  if (kept < 0) return series;
  return { ...series, steps: series.steps.slice(0, kept), values: series.values.slice(0, kept) };
}
