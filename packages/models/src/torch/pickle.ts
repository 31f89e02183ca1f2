import { damagedTorchFile } from './damaged.ts';

/** A qualified Python name. It is never imported. */
export class PickledName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A persistent reference to data outside of the pickle; its id describes it. */
class PickledReference {
  readonly id: unknown;
  constructor(id: unknown) {
    this.id = id;
  }
}

/** The results of calling known names with arguments. */
export type PickledCalls = Readonly<
  Record<string, (args: readonly unknown[], reference: (id: unknown) => unknown) => unknown>
>;

const MARK = Symbol('mark');
/** Integers in weight files are short: no opcode may allocate more. */
const LONGEST_NUMBER = 8;

/**
 * Decodes a pickle (Python's PEP 3154 and older protocols) without executing anything: numbers, strings, tuples and lists as arrays,
 * dictionaries as maps, and the results of `calls` for the names it contains. Every other name and every other opcode is refused.
 *
 * @throws RewardEditError 'bad-input' naming what was refused.
 */
export function readPickle(bytes: Uint8Array, path: string, calls: PickledCalls): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;
  const damaged = (problem: string) => damagedTorchFile(path, problem);

  function take(length: number): number {
    const from = at;
    at += length;
    if (at > bytes.length) throw damaged('its pickle is truncated');
    return from;
  }
  const text = (length: number) => {
    const from = take(length);
    return new TextDecoder().decode(bytes.subarray(from, from + length));
  };
  function line(): string {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1) throw damaged('its pickle is truncated');
    const found = text(end - at);
    at++;
    return found;
  }
  function pop(): unknown {
    if (stack.length === 0) throw damaged('its pickle pops from an empty stack');
    const value = stack.pop();
    if (value === MARK) throw damaged('its pickle uses a mark as a value');
    return value;
  }
  function top<T>(kind: new (...args: never[]) => T, what: string): T {
    const value = stack[stack.length - 1];
    if (!(value instanceof kind)) throw damaged(`its pickle adds items to something other than a ${what}`);
    return value;
  }
  function popMark(): unknown[] {
    const from = stack.lastIndexOf(MARK);
    if (from === -1) throw damaged('its pickle lacks a mark');
    const values = stack.splice(from);
    return values.slice(1);
  }
  function name(module: unknown, attribute: unknown): void {
    const full = `${String(module)}.${String(attribute)}`;
    if (!Object.hasOwn(calls, full))
      throw damaged(
        `it refers to ${full.slice(0, 200)}, which is not one of the few types that weights need, so it is refused`,
      );
    stack.push(new PickledName(full));
  }
  function call(): void {
    const args = pop();
    const callee = pop();
    if (!(callee instanceof PickledName) || !Array.isArray(args))
      throw damaged('its pickle calls something other than a name');
    stack.push(made(callee.name, args));
  }
  function made(callee: string, args: readonly unknown[]): unknown {
    try {
      return calls[callee](args, (id) => (id instanceof PickledReference ? id.id : undefined));
    } catch (error) {
      if (error instanceof TypeError) throw damaged(`its call of ${callee} has unexpected arguments`);
      throw error;
    }
  }
  function setItems(items: readonly unknown[]): void {
    const map = top(Map, 'dictionary');
    if (items.length % 2 !== 0) throw damaged('its pickle has a key without a value');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }
  function remember(key: number): void {
    const value = stack[stack.length - 1];
    if (value === undefined || value === MARK) throw damaged('its pickle memoizes nothing');
    memo.set(key, value);
  }
  function recall(key: number): void {
    if (!memo.has(key)) throw damaged('its pickle reads a memo it did not write');
    stack.push(memo.get(key));
  }
  function longNumber(length: number): number {
    if (length > LONGEST_NUMBER) throw damaged(`its pickle has a number of ${length} bytes`);
    const from = take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]);
    return Number(BigInt.asIntN(8 * length, value));
  }
  const popMany = (count: number) => Array.from({ length: count }, pop).toReversed();

  const INSTRUCTIONS: Readonly<Record<number, () => void>> = {
    // Framing.
    0x80: () => void take(1),
    0x95: () => void take(8),
    // Constants.
    0x4e: () => stack.push(null),
    0x88: () => stack.push(true),
    0x89: () => stack.push(false),
    0x4a: () => stack.push(view.getInt32(take(4), true)),
    0x4b: () => stack.push(view.getUint8(take(1))),
    0x4d: () => stack.push(view.getUint16(take(2), true)),
    0x8a: () => stack.push(longNumber(view.getUint8(take(1)))),
    0x47: () => stack.push(view.getFloat64(take(8), false)),
    0x58: () => stack.push(text(view.getUint32(take(4), true))),
    0x8c: () => stack.push(text(view.getUint8(take(1)))),
    0x54: () => stack.push(text(view.getUint32(take(4), true))),
    0x55: () => stack.push(text(view.getUint8(take(1)))),
    // Tuples, lists and dictionaries.
    0x28: () => stack.push(MARK),
    0x29: () => stack.push([]),
    0x5d: () => stack.push([]),
    0x7d: () => stack.push(new Map()),
    0x74: () => stack.push(popMark()),
    0x85: () => stack.push(popMany(1)),
    0x86: () => stack.push(popMany(2)),
    0x87: () => stack.push(popMany(3)),
    0x61: () => {
      const value = pop();
      top(Array, 'list').push(value);
    },
    0x65: () => {
      const values = popMark();
      const list = top(Array, 'list');
      for (const value of values) list.push(value);
    },
    0x73: () => setItems(popMany(2)),
    0x75: () => setItems(popMark()),
    // The memo.
    0x71: () => remember(view.getUint8(take(1))),
    0x72: () => remember(view.getUint32(take(4), true)),
    0x94: () => remember(memo.size),
    0x68: () => recall(view.getUint8(take(1))),
    0x6a: () => recall(view.getUint32(take(4), true)),
    0x30: () => void pop(),
    // Names, calls and persistent references.
    0x63: () => name(line(), line()),
    0x93: () => {
      const attribute = pop();
      name(pop(), attribute);
    },
    0x52: call,
    0x51: () => stack.push(new PickledReference(pop())),
    // BUILD: attributes of a dictionary, which weights do not need.
    0x62: () => {
      pop();
      top(Map, 'dictionary');
    },
  };

  while (at < bytes.length) {
    const code = bytes[at++];
    if (code === 0x2e) {
      const value = pop();
      if (stack.length > 0) throw damaged('its pickle leaves values on the stack');
      return value;
    }
    if (!Object.hasOwn(INSTRUCTIONS, code))
      throw damaged(`its pickle has the opcode 0x${code.toString(16)}, which weights do not need`);
    INSTRUCTIONS[code]();
  }
  throw damaged('its pickle has no end');
}
