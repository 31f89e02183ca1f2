import { SCALAR_FORMULAS, type HostValue, type Source } from './expressions.ts';
import type { KernelCall } from './host-plan.ts';

/** An accumulator each for this many neighbours: sums that do not wait for one another. */
const LANES = 4;

/** A number as it stands in a formula. */
function literal(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${value})` : `${value}`;
}

function applied(value: HostValue & { kind: 'formula' }, nameOf: (operand: HostValue) => string): string {
  const formula: (...operands: string[]) => string = SCALAR_FORMULAS[value.formula];
  return formula(...value.operands.map(nameOf));
}

/** The statement that computes a single number into its place in the array of scalars. */
export function scalarStatement(value: HostValue & { kind: 'number' | 'formula' }): string {
  const nameOf = ({ id }: HostValue) => `s[${id}]`;
  return `s[${value.id}] = ${value.kind === 'number' ? literal(value.value) : applied(value, nameOf)};`;
}

/**
 * What computes some values element by element. The source depends only on the structure, so that tensors which are treated
 * alike share one compiled function.
 */
interface Body {
  readonly arrays: readonly Source[];
  readonly scalars: readonly number[];
  /** Statements that compute the element at an index. */
  at(index: string): string;
  /** The expression of a value's element after those statements. */
  nameOf(value: HostValue): string;
}

function bodyOf(roots: readonly HostValue[]): Body {
  const arrays: Source[] = [];
  const scalars: number[] = [];
  const names = new Map<HostValue, string>();
  const statements: ((index: string) => string)[] = [];

  function visit(value: HostValue): void {
    if (names.has(value)) return;
    if (value.kind === 'number') {
      names.set(value, literal(value.value));
    } else if (value.length === 1) {
      names.set(value, `q${scalars.length}`);
      scalars.push(value.id);
    } else if (value.kind === 'read') {
      const array = `a${arrays.length}`;
      const name = `x${names.size}`;
      names.set(value, name);
      arrays.push(value.source);
      statements.push((index) => `const ${name} = ${array}[${index}];`);
    } else if (value.kind === 'formula') {
      value.operands.forEach(visit);
      const name = `x${names.size}`;
      names.set(value, name);
      const expression = applied(value, (operand) => names.get(operand)!);
      statements.push(() => `const ${name} = ${expression};`);
    }
  }
  roots.forEach(visit);
  return {
    arrays,
    scalars,
    at: (index) => statements.map((statement) => statement(index)).join(' '),
    nameOf: (value) => names.get(value)!,
  };
}

function unpacked(prefix: string, count: number, from: string): string {
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`);
  return count === 0 ? '' : `const [${names.join(', ')}] = ${from};\n`;
}

function kernel(body: Body, source: string, length: number): KernelCall {
  const head = unpacked('a', body.arrays.length, 'arrays') + unpacked('q', body.scalars.length, 'scalars');
  return { body: head + source, length, arrays: body.arrays, scalars: body.scalars };
}

/** Sums a value over its elements, in float64 and always in the same order. */
export function totalKernel(value: HostValue): KernelCall {
  const body = bodyOf([value]);
  const lanes = Array.from({ length: LANES }, (_, lane) => lane);
  const add = (lane: number, index: string) => `{ ${body.at(index)} t${lane} += ${body.nameOf(value)}; }`;
  const source = [
    `let ${lanes.map((lane) => `t${lane} = 0`).join(', ')}, i = 0;`,
    `for (; i + ${LANES} <= n; i += ${LANES}) {`,
    ...lanes.map((lane) => add(lane, `i + ${lane}`)),
    '}',
    `for (; i < n; i++) ${add(0, 'i')}`,
    `return ${lanes.map((lane) => `t${lane}`).join(' + ')};`,
  ];
  return kernel(body, source.join('\n'), value.length);
}

/** Computes values and stores them, all of an element's reads before its writes: a target may be one of the arrays read. */
export function updateKernel(values: readonly HostValue[], length: number): KernelCall {
  const body = bodyOf(values);
  const source = [
    unpacked('t', values.length, 'targets') + 'for (let i = 0; i < n; i++) {',
    body.at('i'),
    ...values.map((value, target) => `t${target}[i] = ${body.nameOf(value)};`),
    '}',
  ];
  return kernel(body, source.join('\n'), length);
}
