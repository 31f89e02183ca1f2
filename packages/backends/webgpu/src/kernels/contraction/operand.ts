import type { Load } from '../../codegen/element.ts';
import {
  open,
  plus,
  printConditions,
  splitOff,
  times,
  uses,
  variable,
  type Index,
} from '../../codegen/index-expression.ts';
import { liesAlong, type Shader, type Width } from '../../codegen/shader.ts';

/** The variable of the innermost loop. */
export const INNERMOST = 'k_last';

/** Lines of a kernel around and inside of its innermost loop. */
export interface LoopCode {
  readonly before: string[];
  readonly within: string[];
}

/** A bound for what a variable of the kernel holds, where only its name matters. */
const ANY_SIZE = 2 ** 20;

/**
 * Reads an operand inside of the innermost loop, under a name: one number, or a vector of four along a variable. What
 * does not change in the loop, like the address of a row of pixels and whether it lies in the picture, is computed
 * before it.
 */
export function readOperand(
  shader: Shader,
  { before, within }: LoopCode,
  name: string,
  load: Load,
  { width, lane }: { width: Width; lane: string },
): void {
  const type = width === 4 ? 'vec4<f32>' : 'f32';
  const changes = (index: Index) => uses(index, INNERMOST) || (width === 4 && uses(index, lane));
  const steps = splitOff(load.address, INNERMOST);
  const lanes = steps && splitOff(steps.rest, lane);
  if (!steps || !lanes || load.row || load.inside.some(({ index }) => changes(index))) {
    within.push(`let ${name} = ${shader.load(load, width, lane)};`);
    return;
  }
  const unit = width === 4 && liesAlong(load, lane) ? 4 : 1;
  const conditions = open(load.inside);
  if (conditions.length > 0) before.push(`let ${name}_inside = ${printConditions(conditions)};`);
  const start = conditions.length > 0 ? `select(0, ${lanes.rest.key}, ${name}_inside)` : lanes.rest.key;
  before.push(`let ${name}_start = ${unit === 4 ? `(${start}) >> 2u` : start};`);
  const address = plus(
    times(variable(`${name}_start`, ANY_SIZE), unit),
    times(variable(INNERMOST, ANY_SIZE), steps.stride),
    times(variable(lane, 4), width === 4 ? lanes.stride : 0),
  );
  const value = shader.load({ ...load, address, inside: [] }, width, lane);
  within.push(
    `let ${name} = ${conditions.length > 0 ? `select(${type}(0), ${value}, ${name}_inside)` : value};`,
  );
}
