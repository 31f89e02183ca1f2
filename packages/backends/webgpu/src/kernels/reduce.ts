import { sizeOf, type ComputeType } from '@rewardedit/graph';
import { createElements, loadsOf, type Element, type Elements, type Load } from '../codegen/element.ts';
import { addressOf, plus, times, variable, whole, type Index } from '../codegen/index-expression.ts';
import { indexInOrder, orderOf } from '../codegen/memory-order.ts';
import {
  buildKernel,
  LANE,
  MAX_WORKGROUPS,
  workgroupGrid,
  WORKGROUP_NUMBER,
  type DeviceTraits,
  type KernelStep,
  type Shader,
  indented,
} from '../codegen/shader.ts';
import { stored, type Stored } from '../codegen/stored.ts';
import type { Combination } from './combine.ts';
import { liesAcross, plainShares, sharesOf, widthOf, type Shares } from './reduce-shares.ts';
import type { Target } from './target.ts';

export interface Reduction {
  readonly label: string;
  /** Sizes of the axes of the rows, and of the axes along each row. */
  readonly rows: readonly number[];
  readonly along: readonly number[];
  readonly combination: Combination;
  element(make: Elements, row: readonly Index[], along: readonly Index[]): Element;
  /** The index of each row's result, excluding the axis of several results. */
  resultIndex(row: readonly Index[]): readonly Index[];
}

/** A pass over rows of elements, or of accumulators of their parts. */
interface Pass {
  readonly label: string;
  readonly count: number;
  /** Iterations per row. */
  readonly length: number;
  readonly shares: Shares;
  readonly combination: Combination;
  readonly type: ComputeType;
  /** Lines that accumulate number `k` of the row `row`. */
  accumulate(shader: Shader): readonly string[];
  /** Lines that store the result, or the accumulators of the part `part`. */
  finish(shader: Shader): readonly string[];
}

const rowVariable = (axis: number) => `row${axis}`;
const alongVariable = (axis: number) => `along${axis}`;

/** The traversal of a row: elements in memory order, one or four at a time. */
interface Traversal {
  readonly row: readonly Index[];
  readonly loads: readonly Load[];
  readonly type: ComputeType;
  readonly across: boolean;
  /** Iterations per row. */
  readonly length: number;
  /** Lines that accumulate number `k` of the row `row`. */
  accumulate(shader: Shader): string[];
}

/** Plans the traversal of a reduction's rows. */
export function traversalOf({ rows, along, combination, element }: Reduction): Traversal {
  const variables = (sizes: readonly number[], name: (axis: number) => string) =>
    sizes.map((size, axis) => variable(name(axis), size));
  const sample = element(createElements(), variables(rows, rowVariable), variables(along, alongVariable));
  const loads = loadsOf(sample);
  const order = orderOf(along, loads, alongVariable);
  const fastest = order.at(-1);
  const width = fastest === undefined ? 1 : widthOf(loads, alongVariable(fastest), along[fastest]);
  const across = liesAcross(loads, [...rows.keys()].map(rowVariable), [...along.keys()].map(alongVariable));
  const row = indexInOrder(variable('row', sizeOf(rows)), rows, orderOf(rows, loads, rowVariable));
  const length = sizeOf(along) / width;
  return {
    row,
    loads,
    type: sample.type,
    across,
    length,
    accumulate: (shader) => {
      const number = plus(times(variable('k', length), width), variable(LANE, width));
      const { lines, results } = shader.render(
        [element(createElements(), row, indexInOrder(number, along, order))],
        { prefix: '', width },
      );
      return [...lines, `let x = ${results[0]};`, ...(width === 4 ? combination.addVector : combination.add)];
    },
  };
}

/** Reduces every row, in parts first if rows are few and long. */
export function reduceKernels(traits: DeviceTraits, reduction: Reduction, target: Target): KernelStep[] {
  const { label, combination } = reduction;
  const count = sizeOf(reduction.rows);
  const { row, type, across, length, accumulate } = traversalOf(reduction);
  const shares = sharesOf(traits, { count, length, across });
  const pass = { label: `${label} (${combination.name})`, count, combination, type };
  const elements = { ...pass, length, shares, accumulate };
  const store = (shader: Shader) => storeResults(shader, reduction, target, row);
  if (shares.parts === 1) return [passKernel(traits, { ...elements, finish: store })];

  const { kept } = combination;
  const partial = stored([kept.length, shares.parts, count], type, { kind: 'arena' });
  const place = (which: number, part: string) =>
    addressOf([whole(which), variable(part, shares.parts), variable('row', count)], partial.strides);
  return [
    passKernel(traits, {
      ...elements,
      label: `${pass.label}, in ${shares.parts} parts`,
      finish: (shader) => kept.flatMap(({ name }, i) => shader.store(partial, place(i, 'part'), name, 1)),
    }),
    passKernel(traits, {
      ...pass,
      label: `${pass.label}, parts together`,
      length: shares.parts,
      shares: plainShares(count, shares.parts),
      accumulate: (shader) => [
        ...kept.map(({ name }, i) => `let _${name} = ${loadKept(shader, partial, place(i, 'k'))};`),
        ...combination.merge,
      ],
      finish: store,
    }),
  ];
}

function loadKept(shader: Shader, tensor: Stored, address: Index): string {
  return shader.load({ kind: 'load', tensor, address, inside: [] }, 1);
}

function passKernel(traits: DeviceTraits, pass: Pass): KernelStep {
  const { label, count, length, shares, combination, type, accumulate, finish } = pass;
  const { together, lanes, parts } = shares;
  const size = Math.ceil(length / parts);
  const items = count * parts;
  const workgroups = together ? items : Math.ceil(items / lanes);
  return buildKernel(traits, (shader) => {
    const first = `${parts === 1 ? '0' : `part * ${size}`}${together ? ' + i32(local)' : ''}`;
    const end = parts === 1 ? `${length}` : `min((part + 1) * ${size}, ${length})`;
    const body = [
      `let number = ${WORKGROUP_NUMBER}${together ? '' : ` * ${lanes} + i32(local)`};`,
      ...(together && workgroups <= MAX_WORKGROUPS ? [] : [`if (number >= ${items}) { return; }`]),
      ...(parts === 1
        ? ['let row = number;']
        : [`let row = number % ${count};`, `let part = number / ${count};`]),
      ...combination.kept.map(({ name, start }) => `var ${name} = ${start};`),
      `for (var k = ${first}; k < ${end}; k += ${together ? lanes : 1}) {`,
      ...accumulate(shader).map(indented),
      '}',
      ...(together
        ? [...mergeLanes(combination, lanes), 'if (local == 0u) {', ...finish(shader).map(indented), '}']
        : finish(shader)),
    ];
    return shader.step({
      label,
      workgroup: [lanes, 1, 1],
      workgroups: workgroupGrid(workgroups),
      declarations: together ? lanesMemory(combination, type, lanes) : [],
      body,
    });
  });
}

function storeResults(
  shader: Shader,
  { combination, resultIndex }: Reduction,
  target: Target,
  row: readonly Index[],
): string[] {
  const make = createElements();
  const index = target.indexOf(resultIndex(row));
  const single = combination.results.length === 1;
  const declared = combination.results.map((code, i) => `let result_${i} = ${code};`);
  const stores = combination.results.flatMap((_, i) => {
    const given = make.read({ kind: 'given', name: `result_${i}` }, 2);
    const place = single ? index : [...index, whole(i)];
    const { lines, results } = shader.render([target.value(make, place, given)], {
      prefix: `r${i}_`,
      width: 1,
    });
    return [...lines, ...shader.store(target.tensor, addressOf(place, target.tensor.strides), results[0], 1)];
  });
  return [...declared, ...stores];
}

/** The workgroup memory in which lanes exchange accumulators. */
export function lanesMemory({ kept }: Combination, type: ComputeType, lanes: number): string[] {
  return kept.map(({ name }) => `var<workgroup> parts_${name}: array<${type}, ${lanes}>;`);
}

/** Merges the accumulators of a workgroup's lanes by a tree reduction. */
export function mergeLanes({ kept, merge }: Combination, lanes: number): string[] {
  return [
    ...kept.map(({ name }) => `parts_${name}[local] = ${name};`),
    `for (var half = ${lanes / 2}u; half > 0u; half = half / 2u) {`,
    '  workgroupBarrier();',
    '  if (local < half) {',
    ...kept.map(({ name }) => `    let _${name} = parts_${name}[local + half];`),
    ...merge.map((line) => `    ${line}`),
    ...kept.map(({ name }) => `    parts_${name}[local] = ${name};`),
    '  }',
    '}',
  ];
}
