import { createExpressions, type Expressions, type FusedValue } from '@rewardedit/graph';
import type { Condition, Index } from './index-expression.ts';
import type { Stored } from './stored.ts';

/** An element in memory; zero where a condition does not hold. */
export interface Load {
  readonly kind: 'load';
  readonly tensor: Stored;
  readonly address: Index;
  readonly inside: readonly Condition[];
  /** Where the address depends on the variable `ROW`: the element of another tensor that this is, below `count`. */
  readonly row?: { readonly of: Load; readonly count: number };
}

/** The variable that stands for the row which an element of another tensor names. */
export const ROW = 'named_row';

/** What a kernel reads. */
export type Source =
  | Load
  /** 1 where all conditions hold, 0 elsewhere. */
  | { readonly kind: 'condition'; readonly conditions: readonly Condition[] }
  /** An index itself, as a whole number. */
  | { readonly kind: 'index'; readonly index: Index }
  /** A variable of the kernel around. */
  | { readonly kind: 'given'; readonly name: string };

/** One element of a tensor, as a kernel computes it. */
export type Element = FusedValue<Source>;

export type Elements = Expressions<Source>;

export function createElements(): Elements {
  return createExpressions<Source>(keyOf);
}

function keyOf(source: Source): string {
  if (source.kind === 'given') return source.name;
  if (source.kind === 'index') return `index ${source.index.key}`;
  if (source.kind === 'condition') return conditionsKey(source.conditions);
  const { tensor, address, inside, row } = source;
  return `${tensor.id}[${address.key}${row ? ` row ${keyOf(row.of)}` : ''}] ${conditionsKey(inside)}`;
}

function conditionsKey(conditions: readonly Condition[]): string {
  return conditions.map(({ index, size }) => `${index.key} < ${size}`).join(' and ');
}

/** All that an element is computed from, once each. */
export function sourcesOf(element: Element): Source[] {
  const found = new Set<Element>();
  const pending = [element];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    if (next.kind === 'formula') pending.push(...next.operands);
  }
  return [...found].flatMap((each) => (each.kind === 'read' ? [each.source] : []));
}

/** The element with other sources in the place of its own. */
export function withSources(make: Elements, element: Element, replaced: (source: Source) => Source): Element {
  const known = new Map<Element, Element>();
  const visit = (each: Element): Element => {
    const found = known.get(each) ?? rebuilt(each);
    known.set(each, found);
    return found;
  };
  const rebuilt = (each: Element): Element => {
    if (each.kind === 'read') return make.read(replaced(each.source), each.length, each.type);
    if (each.kind === 'formula') return make.apply(each.formula, ...each.operands.map(visit));
    if (each.kind === 'total') return make.total(visit(each.operand));
    return make.number(each.value, each.type);
  };
  return visit(element);
}

export function loadsOf(element: Element): Load[] {
  return sourcesOf(element).flatMap((source) => {
    if (source.kind !== 'load') return [];
    return source.row ? [source, source.row.of] : [source];
  });
}
