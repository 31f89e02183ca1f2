import { sizeOf } from '@rewardedit/graph';
import { createElements, type Element, type Elements } from '../codegen/element.ts';
import { addressOf, indexOf, variable, whole, type Index } from '../codegen/index-expression.ts';
import {
  buildKernel,
  workgroupGrid,
  WORKGROUP_NUMBER,
  type DeviceTraits,
  type KernelStep,
  type Shader,
} from '../codegen/shader.ts';
import type { Combination } from './combine.ts';
import type { Target } from './target.ts';

export interface Reduction {
  readonly label: string;
  /** Sizes of the axes of the rows, and of the axes along each row. */
  readonly rows: readonly number[];
  readonly along: readonly number[];
  readonly combination: Combination;
  element(make: Elements, row: readonly Index[], along: readonly Index[]): Element;
  /** The index of each row's result, without the axis of its parts where there are several. */
  resultIndex(row: readonly Index[]): readonly Index[];
}

const LANES = 64;
/** Where there are so many rows, an invocation each keeps the device busy. */
const MANY_ROWS = 4096;
const SHORT = 32;

/** Combines the elements of every row: an invocation for each row, or a workgroup where rows are few and long. */
export function reduceKernel(traits: DeviceTraits, reduction: Reduction, target: Target): KernelStep {
  const { label, rows, along, combination } = reduction;
  const [count, length] = [sizeOf(rows), sizeOf(along)];
  const shared = length > SHORT && count < MANY_ROWS;
  return buildKernel(traits, (shader) => {
    const make = createElements();
    const row = indexOf(variable('row', count), rows);
    const k = indexOf(variable('k', length), along);
    const { lines, results } = shader.render([reduction.element(make, row, k)], { prefix: '', width: 1 });
    const loop = [
      ...combination.kept.map(({ name, start }) => `var ${name} = ${start};`),
      `for (var k = ${shared ? 'i32(local)' : '0'}; k < ${length}; k += ${shared ? LANES : 1}) {`,
      ...lines.map((line) => `  ${line}`),
      `  let x = ${results[0]};`,
      ...combination.add.map((line) => `  ${line}`),
      '}',
    ];
    const store = storeResults(shader, reduction, target, row);
    if (shared) {
      const type = reduction.element(make, row, k).type;
      return shader.step({
        label: `${label} (${combination.name})`,
        workgroup: [LANES, 1, 1],
        workgroups: workgroupGrid(count),
        declarations: combination.kept.map(
          ({ name }) => `var<workgroup> parts_${name}: array<${type}, ${LANES}>;`,
        ),
        body: [
          `let row = ${WORKGROUP_NUMBER};`,
          ...loop,
          ...mergeLanes(combination),
          'if (local == 0u) {',
          ...store.map((line) => `  ${line}`),
          '}',
        ],
      });
    }
    const workgroups = Math.ceil(count / LANES);
    return shader.step({
      label: `${label} (${combination.name})`,
      workgroup: [LANES, 1, 1],
      workgroups: workgroupGrid(workgroups),
      body: [
        `let row = ${WORKGROUP_NUMBER} * ${LANES} + i32(local);`,
        `if (row >= ${count}) { return; }`,
        ...loop,
        ...store,
      ],
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

/** Puts together what the lanes of a workgroup kept, half of them with the other half until one is left. */
function mergeLanes({ kept, merge }: Combination): string[] {
  return [
    ...kept.map(({ name }) => `parts_${name}[local] = ${name};`),
    `for (var half = ${LANES / 2}u; half > 0u; half = half / 2u) {`,
    '  workgroupBarrier();',
    '  if (local < half) {',
    ...kept.map(({ name }) => `    let _${name} = parts_${name}[local + half];`),
    ...merge.map((line) => `    ${line}`),
    ...kept.map(({ name }) => `    parts_${name}[local] = ${name};`),
    '  }',
    '}',
  ];
}
