import { PERSPECTIVES, type Reward, type Triplet } from '@rewardedit/core';
import type { Comparison, Expression, NumberName, TextName } from './expression.ts';

/** The facts that an expression is evaluated on. */
export type Judged = Pick<Triplet, 'id' | 'instruction'> & {
  readonly kind?: string | undefined;
  readonly description?: string | undefined;
  readonly reward?: Reward | undefined;
  /** Other counts and measures, by name. */
  readonly measures?: Readonly<Record<string, number>> | undefined;
};

/** Three-valued logic, as in SQL: a result that depends on a missing value is unknown (undefined). */
export type Truth = boolean | undefined;

type Evaluators = {
  [Type in Expression['type']]: (one: Extract<Expression, { type: Type }>, triplet: Judged) => Truth;
};

const EVALUATE: Evaluators = {
  and: ({ left, right }, triplet) => both(evaluate(left, triplet), evaluate(right, triplet)),
  or: ({ left, right }, triplet) => not(both(not(evaluate(left, triplet)), not(evaluate(right, triplet)))),
  not: ({ inner }, triplet) => not(evaluate(inner, triplet)),
  missing: ({ name }, triplet) => named(name, triplet) === undefined,
  contains: (one, triplet) => withValues(one, triplet, (left, right) => folded(left).includes(folded(right))),
  compare: (one, triplet) => withValues(one, triplet, COMPARE[one.how]),
};

/** Evaluates an expression for a triplet; undefined if the result depends on a missing value. */
export function evaluate(expression: Expression, triplet: Judged): Truth {
  const evaluator = EVALUATE[expression.type] as (one: Expression, triplet: Judged) => Truth;
  return evaluator(expression, triplet);
}

function both(left: Truth, right: Truth): Truth {
  if (left === false || right === false) return false;
  return left === true && right === true ? true : undefined;
}

function not(value: Truth): Truth {
  return value === undefined ? undefined : !value;
}

type Value = string | number;

const COMPARE: Readonly<Record<Comparison, (left: Value, right: Value) => boolean>> = {
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

type Operands = Pick<Extract<Expression, { type: 'compare' }>, 'left' | 'right'>;

function withValues(
  { left, right }: Operands,
  triplet: Judged,
  compare: (left: Value, right: Value) => boolean,
): Truth {
  const [one, other] = [left, right].map((value) =>
    'value' in value ? value.value : named(value.name, triplet),
  );
  return one === undefined || other === undefined ? undefined : compare(one, other);
}

/** Looks up the value of a name. The mean and the minimum of the scores are missing unless there are all three. */
function named(name: NumberName | TextName, triplet: Judged): Value | undefined {
  if (name === 'kind' || name === 'instruction' || name === 'description' || name === 'id')
    return triplet[name];
  const scores = triplet.reward?.scores;
  const perspective = PERSPECTIVES.find((known) => known === name);
  if (perspective !== undefined) return scores?.[perspective];
  if (name !== 'mean' && name !== 'min') return ownMeasure(triplet, name);
  const all = PERSPECTIVES.map((one) => scores?.[one]).filter((score) => score !== undefined);
  if (all.length < PERSPECTIVES.length) return undefined;
  return name === 'min' ? Math.min(...all) : all.reduce((sum, score) => sum + score, 0) / all.length;
}

function ownMeasure({ measures }: Judged, name: string): number | undefined {
  return measures !== undefined && Object.hasOwn(measures, name) ? measures[name] : undefined;
}

/** Ignores case. */
function folded(value: Value): string {
  return String(value).toLowerCase();
}
