import { createExpressions, type Expressions, type FusedValue } from '@rewardedit/graph';
import type { Condition, Index } from './index-expression.ts';
import type { Stored } from './stored.ts';

/** A load expression: an element in memory, or zero if a condition fails. */
export interface Load {
  readonly kind: 'load';
  readonly tensor: Stored;
  readonly address: Index;
  readonly inside: readonly Condition[];
  /**
   * For addresses that contain the variable `ROW`: the load of the row number, which is clamped below
   * `count`.
   */
  readonly row?: { readonly of: Load; readonly count: number };
}

/** The placeholder in an address for a row number that is loaded from another tensor. */
export const ROW = 'named_row';

/** What a kernel reads. */
export type Source =
  | Load
  /** 1 if all conditions hold, else 0. */
  | { readonly kind: 'condition'; readonly conditions: readonly Condition[] }
  /** An index as an integer value. */
  | { readonly kind: 'index'; readonly index: Index }
  /** A variable of the enclosing kernel. */
  | { readonly kind: 'given'; readonly name: string };

/** The expression of one element of a tensor. */
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

/** Returns all sources of an element, without duplicates. */
function sourcesOf(element: Element): Source[] {
  const found = new Set<Element>();
  const pending = [element];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    if (next.kind === 'formula') pending.push(...next.operands);
  }
  return [...found].flatMap((each) => (each.kind === 'read' ? [each.source] : []));
}

/** Rebuilds an element with other sources. */
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
