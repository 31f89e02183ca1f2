import type { Kernel, Operand } from '@rewardedit/graph';
import { formula } from './formulas.ts';

/** Sums a kernel's only result over all elements, in float64 and always in the same order. */
export type TotalKernel = (
  length: number,
  arrays: readonly ArrayLike<number>[],
  scalars: readonly number[],
) => number;

/** Sums side by side, which do not wait for one another. */
const LANES = 4;

/** A number as it stands in a formula. */
export function literal(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${value})` : `${value}`;
}

function nameOf(operand: Operand): string {
  if ('number' in operand) return literal(operand.number);
  if ('scalar' in operand) return `q${operand.scalar}`;
  return 'array' in operand ? `a${operand.array}` : `x${operand.step}`;
}

export function compileTotal(kernel: Kernel): TotalKernel {
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  const indices = (count: number) => Array.from({ length: count }, (_, i) => i);
  const element = (lane: number, index: string) =>
    [
      '{',
      ...indices(kernel.arrays).map((i) => `const a${i} = arrays${i}[${index}];`),
      ...kernel.steps.map(
        (step, i) => `const x${i} = ${formula(step.formula).scalar(...step.operands.map(nameOf))};`,
      ),
      `t${lane} += ${nameOf(kernel.results[0])};`,
      '}',
    ].join(' ');
  const source = [
    ...indices(kernel.arrays).map((i) => `const arrays${i} = arrays[${i}];`),
    ...indices(kernel.scalars).map((i) => `const q${i} = scalars[${i}];`),
    `let ${lanes.map((lane) => `t${lane} = 0`).join(', ')}, i = 0;`,
    `for (; i + ${LANES} <= length; i += ${LANES}) {`,
    ...lanes.map((lane) => element(lane, `i + ${lane}`)),
    '}',
    `for (; i < length; i++) ${element(0, 'i')}`,
    `return ${lanes.map((lane) => `t${lane}`).join(' + ')};`,
  ].join('\n');
  // oxlint-disable-next-line typescript/no-implied-eval -- made of our own formulas only
  return new Function('length', 'arrays', 'scalars', source) as TotalKernel;
}
