import { sizeOf } from '@rewardedit/graph';
import { createElements, type Element, type Elements } from '../../codegen/element.ts';
import { indexOf, variable, type Condition, type Index } from '../../codegen/index-expression.ts';
import { LANE, liesAlong, type Shader } from '../../codegen/shader.ts';
import type { Contraction, ContractionOperand } from './contraction.ts';
import { mainLoad, operandCode } from './operand.ts';
import { declareIndex, groupAxes, inGroup, lanes, range } from './tile-index.ts';

/** An operand of a contraction: its rows or columns, and the axes of the sum. */
export interface Operand {
  readonly outer: readonly number[];
  readonly inner: readonly number[];
  element(
    make: Elements,
    outer: readonly Index[],
    inner: readonly Index[],
    inside?: readonly Condition[],
  ): Element;
}

/** The part of an operand that a workgroup keeps in its memory at a time. */
export interface Staging {
  /** Rows or columns, and steps of the sum. */
  readonly outer: number;
  readonly inner: number;
  readonly invocations: number;
  /** The first row or column of the workgroup, in WGSL. */
  readonly first: string;
}

/** Code that stages a part of an operand in workgroup memory, in vectors of four. */
export interface Staged {
  /** Whether vectors run along the sum, or along the rows or columns. */
  readonly along: 'inner' | 'outer';
  /** Lines before the loop over the parts. */
  readonly before: readonly string[];
  /** Loads part number `part`, a variable of the loop, into registers. */
  readonly fetch: readonly string[];
  /** The vectors that each invocation has loaded, and the position of their first element. */
  readonly vectors: readonly { readonly name: string; readonly outer: string; readonly inner: string }[];
}

/** Whether an operand can be loaded in vectors. */
export function isStageable({ outer, inner }: Pick<Operand, 'outer' | 'inner'>): boolean {
  return inner.at(-1)! % 4 === 0 || outer.at(-1)! % 4 === 0;
}

/** The variable that counts the parts of the sum. */
export const PART = 'part';

/**
 * Stages an operand. Vectors run along the contiguous axis; elements past the end of the sum are zero.
 *
 * @param name the prefix of variables.
 */
function stageOperand(shader: Shader, name: string, operand: Operand, tile: Staging): Staged {
  const { outer, inner } = operand;
  const length = sizeOf(inner);
  const parts = Math.ceil(length / tile.inner);
  const along = vectorsAlong(operand);
  const [outerWidth, innerWidth] = along === 'outer' ? ([4, 1] as const) : ([1, 4] as const);
  const across = tile.inner / innerWidth;
  const outerGroups = tile.outer / outerWidth;
  const count = (outerGroups * across) / tile.invocations;

  const before: string[] = [];
  const fetch: string[] = [];
  const vectors = range(count).map((i) => {
    const place = `(i32(local) + ${i * tile.invocations})`;
    // Neighbouring invocations load along the axis of the vectors.
    const [outerPlace, innerPlace] =
      along === 'outer'
        ? [`${place} % ${outerGroups}`, `${place} / ${outerGroups}`]
        : [`${place} / ${across}`, `${place} % ${across}`];
    const [o, k, vector] = [`${name}o${i}`, `${name}k${i}`, `${name}v${i}`];
    before.push(`let ${o}_in = ${outerPlace};`, `let ${k}_in = ${innerPlace};`, `var ${vector}: vec4<f32>;`);
    const rows = declareIndex(o, `${tile.first} / ${outerWidth} + ${o}_in`, groupAxes(outer, outerWidth));
    before.push(...rows.lines);
    fetch.push(`let ${k} = ${PART} * ${across} + ${k}_in;`);
    const number = variable(k, parts * across);
    const steps = indexOf(number, groupAxes(inner, innerWidth));
    const element = operand.element(
      createElements(),
      inGroup(rows.index, outerWidth, lanes(outerWidth)),
      inGroup(steps, innerWidth, lanes(innerWidth)),
      [{ index: number, size: length / innerWidth }],
    );
    const { lines, code } = operandCode(shader, element, { prefix: `${vector}_`, width: 4 });
    fetch.push(...lines, `${vector} = ${code};`);
    return { name: vector, outer: `${o}_in * ${outerWidth}`, inner: `${k}_in * ${innerWidth}` };
  });
  return { along, before, fetch, vectors };
}

function vectorsAlong({ outer, inner, element }: Operand): 'inner' | 'outer' {
  if (inner.at(-1)! % 4 !== 0) return 'outer';
  if (outer.at(-1)! % 4 !== 0) return 'inner';
  const index = (name: string, axes: readonly number[], width: 1 | 4) =>
    inGroup(indexOf(variable(name, sizeOf(axes) / width), groupAxes(axes, width)), width, lanes(width));
  const outerLoad = mainLoad((make) => element(make, index('row', outer, 4), index('step', inner, 1)));
  return liesAlong(outerLoad, LANE) ? 'outer' : 'inner';
}

/** Stages both operands of a contraction, for the tile at `row0` and `column0`. */
export function stageOperands(
  shader: Shader,
  { rows, columns, inner, left, right }: Contraction,
  batch: readonly Index[],
  tile: {
    readonly rows: number;
    readonly columns: number;
    readonly depth: number;
    readonly invocations: number;
  },
): { readonly left: Staged; readonly right: Staged } {
  const shared = { inner: tile.depth, invocations: tile.invocations };
  const side = (outer: readonly number[], { element }: ContractionOperand): Operand => ({
    outer,
    inner,
    element: (make, place, k, inside) => element(make, batch, place, k, inside),
  });
  return {
    left: stageOperand(shader, 'l', side(rows, left), { ...shared, outer: tile.rows, first: 'row0' }),
    right: stageOperand(shader, 'r', side(columns, right), {
      ...shared,
      outer: tile.columns,
      first: 'column0',
    }),
  };
}
