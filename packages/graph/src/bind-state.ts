import { RewardEditError } from '@rewardedit/core/errors';
import type { CompileOptions, EntryNames, State, States } from './backend.ts';
import type { Program } from './program.ts';
import { alike, describe } from './tensor.ts';

/** Where an entry of a program is stored. */
export interface BoundEntry {
  readonly state: State;
  /** Its name in that state. */
  readonly name: string;
}

/**
 * Finds each state entry of a program in the states that it is compiled for.
 *
 * @returns the entries by the program's names for them.
 * @throws RewardEditError 'bad-input' for an entry that no state has, that several states have, whose shape
 * or element type differs, or that was released, and for an alias of an entry that the program does not use.
 */
export function bindState(
  program: Program,
  states: States,
  aliases: NonNullable<CompileOptions['aliases']> = {},
): Record<string, BoundEntry> {
  for (const name of Object.keys(aliases)) {
    if (name in program.state) continue;
    throw refused(`The alias of "${name}" is for an entry that the program does not use.`);
  }
  const byPrefix = Object.entries(isState(states) ? { '': states } : states);
  const bound: Record<string, BoundEntry> = {};
  for (const [name, wanted] of Object.entries(program.state)) {
    const alias = aliases[name] ?? name;
    const called = alias === name ? `"${name}"` : `"${alias}" (for "${name}")`;
    const found = byPrefix.flatMap(([prefix, state]) => entriesUnder(prefix, state, alias));
    if (found.length === 0) throw refused(`The program uses ${called}, which ${listed(byPrefix)} not have.`);
    if (found.length > 1) throw refused(`The program uses ${called}, which ${found.length} states have.`);
    const [entry] = found;
    const present = entry.state.specs[entry.name];
    if (!alike(present, wanted)) {
      throw refused(
        `The program uses ${called} as ${describe(wanted)}; the state has it as ${describe(present)}.`,
      );
    }
    if (entry.state.released.has(entry.name))
      throw refused(`The program uses ${called}, which was released.`);
    bound[name] = entry;
  }
  checkUpdates(program, bound);
  return bound;
}

function isState(states: States): states is State {
  return typeof states.read === 'function';
}

function entriesUnder(prefix: string, state: State, name: string): BoundEntry[] {
  const start = prefix === '' ? '' : `${prefix}.`;
  const rest = name.slice(start.length);
  return name.startsWith(start) && Object.hasOwn(state.specs, rest) ? [{ state, name: rest }] : [];
}

/**
 * Rejects an entry with two names in the program: an update under one name would not be seen under the other.
 */
function checkUpdates(program: Program, bound: Readonly<Record<string, BoundEntry>>): void {
  const entries = Object.entries(bound);
  for (const updated of Object.keys(program.updates)) {
    const { state, name } = bound[updated];
    const other = entries.find(
      ([each, entry]) => each !== updated && entry.state === state && entry.name === name,
    );
    if (other) throw refused(`The program updates "${updated}", but also reads it as "${other[0]}".`);
  }
}

function listed(byPrefix: readonly (readonly [prefix: string, state: State])[]): string {
  if (byPrefix.length === 1 && byPrefix[0][0] === '') return 'the state does';
  return `the states ${byPrefix.map(([prefix]) => `"${prefix}"`).join(', ')} do`;
}

/**
 * Resolves `CompileOptions.freeze` to the names of the entries that become constants.
 *
 * @throws RewardEditError 'usage' for an entry that the program does not use, or that it updates.
 */
export function frozenEntries(program: Program, freeze: EntryNames = new Set<string>()): ReadonlySet<string> {
  const names = freeze === 'all' ? new Set(Object.keys(program.state)) : freeze;
  for (const name of names) {
    if (!(name in program.state))
      throw new RewardEditError('usage', `"${name}" cannot be frozen: the program does not use it.`);
    if (name in program.updates)
      throw new RewardEditError('usage', `"${name}" cannot be frozen: the program updates it.`);
  }
  return names;
}

function refused(message: string): RewardEditError {
  return new RewardEditError('bad-input', message);
}
