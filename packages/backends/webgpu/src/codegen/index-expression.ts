/** A term of an index: a variable of the kernel, or a quotient or remainder of another index. */
type Atom =
  | { readonly kind: 'variable'; readonly key: string; readonly size: number }
  | {
      readonly kind: 'quotient' | 'remainder';
      readonly key: string;
      readonly of: Index;
      readonly by: number;
    };

interface Term {
  readonly atom: Atom;
  readonly factor: number;
}

/**
 * An integer expression in a kernel, such as an address: a constant plus multiples of atoms. Sizes are known
 * when a kernel is generated, so most divisions cancel: a reshape and its inverse leave the index unchanged.
 */
export interface Index {
  readonly constant: number;
  readonly terms: readonly Term[];
  /** Equal for equal indices, and valid WGSL. */
  readonly key: string;
}

/** The condition 0 <= index < size. */
export interface Condition {
  readonly index: Index;
  readonly size: number;
}

export function whole(constant: number): Index {
  return made(constant, []);
}

/** A variable of the kernel with 0 <= value < size. */
export function variable(name: string, size: number): Index {
  return size === 1 ? whole(0) : made(0, [{ atom: { kind: 'variable', key: name, size }, factor: 1 }]);
}

export function plus(...indices: readonly (Index | number)[]): Index {
  let constant = 0;
  const terms: Term[] = [];
  for (const index of indices) {
    constant += typeof index === 'number' ? index : index.constant;
    if (typeof index !== 'number') terms.push(...index.terms);
  }
  return made(constant, terms);
}

export function times(index: Index, factor: number): Index {
  return made(
    index.constant * factor,
    index.terms.map((term) => ({ ...term, factor: term.factor * factor })),
  );
}

/** Divides an index by a positive number, rounding down. */
export function quotient(index: Index, by: number): Index {
  if (by === 1) return index;
  const { whole: exact, rest } = divided(index, by);
  const { low, high } = bounds(rest);
  if (low >= 0 && high < by) return exact;
  const coarse = coarsened(rest, by);
  if (coarse) return plus(exact, quotient(coarse.high, by / coarse.step));
  const [only] = rest.terms;
  if (rest.terms.length === 1 && rest.constant === 0 && only.factor === 1 && only.atom.kind === 'quotient')
    return plus(exact, quotient(only.atom.of, only.atom.by * by));
  return plus(exact, atom('quotient', rest, by));
}

/** The remainder of an index after division by a positive number. */
export function remainder(index: Index, by: number): Index {
  if (by === 1) return whole(0);
  const { rest } = divided(index, by);
  const { low, high } = bounds(rest);
  if (low >= 0 && high < by) return rest;
  const coarse = coarsened(rest, by);
  if (coarse) return plus(times(remainder(coarse.high, by / coarse.step), coarse.step), coarse.low);
  return atom('remainder', rest, by);
}

function atom(kind: 'quotient' | 'remainder', of: Index, by: number): Index {
  return made(0, [{ atom: { kind, key: printDivision(kind, of, by), of, by }, factor: 1 }]);
}

/** Splits an index into a multiple of a number, returned divided by it, and the rest. */
function divided(index: Index, by: number): { whole: Index; rest: Index } {
  const exact = index.terms.filter(({ factor }) => factor % by === 0);
  const others = index.terms.filter(({ factor }) => factor % by !== 0);
  const constant = Math.floor(index.constant / by);
  return {
    whole: made(
      constant,
      exact.map((term) => ({ ...term, factor: term.factor / by })),
    ),
    rest: made(index.constant - constant * by, others),
  };
}

/**
 * Decomposes an index as `step high + low` with 0 <= low < step and step dividing `by`, so that low does not
 * affect the quotient.
 */
function coarsened(index: Index, by: number): { step: number; high: Index; low: Index } | undefined {
  const steps = new Set(index.terms.map(({ factor }) => Math.abs(factor)));
  for (const step of [...steps].sort((a, b) => b - a)) {
    if (step === 1 || by % step !== 0) continue;
    const { whole: high, rest: low } = divided(index, step);
    const range = bounds(low);
    if (range.low >= 0 && range.high < step) return { step, high, low };
  }
  return undefined;
}

/** The smallest and largest possible value of an index. */
export function bounds({ constant, terms }: Index): { low: number; high: number } {
  let [low, high] = [constant, constant];
  for (const { atom, factor } of terms) {
    const range = boundsOfAtom(atom);
    low += factor * (factor > 0 ? range.low : range.high);
    high += factor * (factor > 0 ? range.high : range.low);
  }
  return { low, high };
}

function boundsOfAtom(atom: Atom): { low: number; high: number } {
  if (atom.kind === 'variable') return { low: 0, high: atom.size - 1 };
  if (atom.kind === 'remainder') return { low: 0, high: atom.by - 1 };
  const { low, high } = bounds(atom.of);
  return { low: Math.floor(low / atom.by), high: Math.floor(high / atom.by) };
}

/** Sums equal atoms and undoes divisions: d (x / d) + x mod d = x. */
function made(constant: number, given: readonly Term[]): Index {
  const terms = new Map<string, Term>();
  for (const { atom, factor } of given) {
    const sum = (terms.get(atom.key)?.factor ?? 0) + factor;
    if (sum === 0) terms.delete(atom.key);
    else terms.set(atom.key, { atom, factor: sum });
  }
  for (const { atom, factor } of terms.values()) {
    if (atom.kind !== 'remainder') continue;
    const tens = quotient(atom.of, atom.by);
    const found = tens.terms.length === 1 && tens.constant === 0 ? tens.terms[0] : undefined;
    const other = found && terms.get(found.atom.key);
    if (!found || other?.factor !== factor * atom.by * found.factor) continue;
    terms.delete(atom.key);
    terms.delete(other.atom.key);
    return made(constant + factor * atom.of.constant, [
      ...terms.values(),
      ...atom.of.terms.map((term) => ({ ...term, factor: term.factor * factor })),
    ]);
  }
  const ordered = [...terms.values()].sort((a, b) => (a.atom.key < b.atom.key ? -1 : 1));
  return { constant, terms: ordered, key: print(constant, ordered) };
}

function print(constant: number, terms: readonly Term[]): string {
  const parts = terms.map(({ atom, factor }) => (factor === 1 ? atom.key : `${atom.key} * ${factor}`));
  if (constant !== 0 || parts.length === 0) parts.push(`${constant}`);
  const alone = parts.length === 1 && (terms.length === 0 || terms[0].factor === 1);
  return alone ? parts[0] : `(${parts.join(' + ')})`;
}

/** Shifts and masks also round down for negative operands; other divisions never get negative operands. */
function printDivision(kind: 'quotient' | 'remainder', of: Index, by: number): string {
  const shift = Math.log2(by);
  if (!Number.isInteger(shift)) return `(${of.key} ${kind === 'quotient' ? '/' : '%'} ${by})`;
  return kind === 'quotient' ? `(${of.key} >> ${shift}u)` : `(${of.key} & ${by - 1})`;
}

/** The address of an element. */
export function addressOf(index: readonly Index[], strides: readonly number[]): Index {
  return plus(...index.map((each, axis) => times(each, strides[axis])));
}

/** The index along each axis of an element, from its row-major number. */
export function indexOf(number: Index, shape: readonly number[]): Index[] {
  const index: Index[] = [];
  let rest = number;
  for (const size of shape.toReversed()) {
    index.unshift(remainder(rest, size));
    rest = quotient(rest, size);
  }
  return index;
}

/** Drops conditions that always hold. */
export function open(conditions: readonly Condition[]): Condition[] {
  const unique = new Map(
    conditions.map((condition) => [`${condition.index.key} < ${condition.size}`, condition]),
  );
  return [...unique.values()].filter(({ index, size }) => {
    const { low, high } = bounds(index);
    return low < 0 || high >= size;
  });
}

/** Prints conditions as WGSL; one unsigned comparison checks both bounds. */
export function printConditions(conditions: readonly Condition[]): string {
  const left = open(conditions);
  if (left.length === 0) return 'true';
  const impossible = left.some(({ index, size }) => {
    const { low, high } = bounds(index);
    return high < 0 || low >= size;
  });
  if (impossible) return 'false';
  return left.map(({ index, size }) => `(u32(${index.key}) < ${size}u)`).join(' & ');
}

/** The stride of an index along a variable, or undefined if it is not constant. */
export function strideAlong(index: Index, name: string): number | undefined {
  let stride = 0;
  for (const { atom, factor } of index.terms) {
    if (atom.kind === 'variable') stride += atom.key === name ? factor : 0;
    else if (uses(atom.of, name)) return undefined;
  }
  return stride;
}

/** Whether an index depends on a variable. */
export function uses(index: Index, name: string): boolean {
  return index.terms.some(({ atom }) => (atom.kind === 'variable' ? atom.key === name : uses(atom.of, name)));
}

/** Substitutes a variable of an index. */
export function substitute(index: Index, name: string, by: Index): Index {
  if (!uses(index, name)) return index;
  return plus(
    index.constant,
    ...index.terms.map(({ atom, factor }) => {
      if (atom.kind === 'variable')
        return times(atom.key === name ? by : made(0, [{ atom, factor: 1 }]), factor);
      const of = substitute(atom.of, name, by);
      return times(atom.kind === 'quotient' ? quotient(of, atom.by) : remainder(of, atom.by), factor);
    }),
  );
}

/**
 * Splits off a variable: `index = rest + stride variable`; undefined if the index does not have this form.
 */
export function splitOff(index: Index, name: string): { rest: Index; stride: number } | undefined {
  const stride = strideAlong(index, name);
  if (stride === undefined) return undefined;
  return {
    rest: made(
      index.constant,
      index.terms.filter(({ atom }) => atom.key !== name),
    ),
    stride,
  };
}

/** Whether an index is a multiple of a number, as far as its form shows. */
export function isMultipleOf(index: Index, number: number): boolean {
  return index.constant % number === 0 && index.terms.every(({ factor }) => factor % number === 0);
}
