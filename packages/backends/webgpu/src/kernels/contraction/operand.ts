import {
  createElements,
  loadsOf,
  withSources,
  type Element,
  type Elements,
  type Load,
} from '../../codegen/element.ts';
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
import { LANE, liesAlong, type Shader, type Width } from '../../codegen/shader.ts';
import { sizeOf } from '@rewardedit/graph';

/** The variable of the innermost loop. */
export const INNERMOST = 'k_last';

/** Lines before and inside the innermost loop. */
export interface LoopCode {
  readonly before: string[];
  readonly within: string[];
}

/** The load that dominates an operand and decides how its elements are read. */
export function mainLoad(make: (elements: Elements) => Element): Load {
  const loads = loadsOf(make(createElements()));
  return loads.reduce((most, load) => (sizeOf(load.tensor.shape) > sizeOf(most.tensor.shape) ? load : most));
}

/** Lines that load or compute an operand, and the resulting WGSL expression. */
export function operandCode(
  shader: Shader,
  element: Element,
  options: { readonly prefix: string; readonly width: Width },
): { lines: string[]; code: string } {
  if (element.kind === 'read' && element.source.kind === 'load')
    return { lines: [], code: shader.load(element.source, options.width) };
  const { lines, results } = shader.render([element], options);
  return { lines, code: results[0] };
}

/**
 * Loads an operand inside the innermost loop into a variable: a scalar, or a vector of four along the lane
 * variable. An element computed from several loads hoists each of them.
 */
export function readOperand(
  shader: Shader,
  loop: LoopCode,
  name: string,
  element: Element,
  width: Width,
): void {
  if (element.kind === 'read' && element.source.kind === 'load') {
    readLoad(shader, loop, name, element.source, width);
    return;
  }
  let count = 0;
  const make = createElements();
  const loaded = withSources(make, element, (source) => {
    if (source.kind !== 'load' || source.tensor.dtype === 'i32') return source;
    const own = `${name}_${count++}`;
    readLoad(shader, loop, own, source, width);
    return { kind: 'given', name: own };
  });
  const { lines, results } = shader.render([loaded], { prefix: `${name}_`, width });
  loop.within.push(...lines, `let ${name} = ${results[0]};`);
}

/** An upper bound for variables of which only the name matters. */
const ANY_SIZE = 2 ** 20;

/**
 * Loads inside the loop. Loop invariants, such as the address of a row of pixels and whether it is inside the
 * picture, are computed before it.
 */
function readLoad(
  shader: Shader,
  { before, within }: LoopCode,
  name: string,
  load: Load,
  width: Width,
): void {
  const type = width === 4 ? 'vec4<f32>' : 'f32';
  const changes = (index: Index) => uses(index, INNERMOST) || (width === 4 && uses(index, LANE));
  const indices = [load.address, ...load.inside.map(({ index }) => index)];
  if (!load.row && !indices.some(changes)) {
    before.push(`let ${name} = ${shader.load(load, width)};`);
    return;
  }
  const steps = splitOff(load.address, INNERMOST);
  const lanes = steps && splitOff(steps.rest, LANE);
  if (!steps || !lanes || load.row || load.inside.some(({ index }) => changes(index))) {
    within.push(`let ${name} = ${shader.load(load, width)};`);
    return;
  }
  const unit = width === 4 && liesAlong(load, LANE) ? 4 : 1;
  const conditions = open(load.inside);
  if (conditions.length > 0) before.push(`let ${name}_inside = ${printConditions(conditions)};`);
  const start = conditions.length > 0 ? `select(0, ${lanes.rest.key}, ${name}_inside)` : lanes.rest.key;
  before.push(`let ${name}_start = ${unit === 4 ? `(${start}) >> 2u` : start};`);
  const address = plus(
    times(variable(`${name}_start`, ANY_SIZE), unit),
    times(variable(INNERMOST, ANY_SIZE), steps.stride),
    times(variable(LANE, 4), width === 4 ? lanes.stride : 0),
  );
  const value = shader.load({ ...load, address, inside: [] }, width);
  within.push(
    `let ${name} = ${conditions.length > 0 ? `select(${type}(0), ${value}, ${name}_inside)` : value};`,
  );
}
