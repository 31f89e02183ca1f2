import { parentPort } from 'node:worker_threads';
import { zeros } from '@rewardedit/graph';
import { openForeignSession, type ForeignSession } from './foreign-session.ts';
import { createEntry, type StateEntry } from './state-entry.ts';
import { createExecutable, type WorkerExecutable } from './worker-executable.ts';
import type { CallName, Calls, Reply, Request } from './worker-protocol.ts';

/**
 * The thread in which ONNX Runtime runs, because a run blocks its thread. It holds the state and the
 * sessions, and handles one request after another.
 */
const states = new Map<number, Map<string, StateEntry>>();
const executables = new Map<number, WorkerExecutable>();

let foreign: ForeignSession | undefined;

function found<Kept>(all: ReadonlyMap<number, Kept>, number: number): Kept {
  const kept = all.get(number);
  if (kept === undefined) throw new Error('it was disposed of.');
  return kept;
}

function entryOf(state: number, name: string): StateEntry {
  return found(states, state).get(name)!;
}

type Handlers = {
  readonly [Name in CallName]: (
    request: Calls[Name]['request'],
  ) => Calls[Name]['reply'] | Promise<Calls[Name]['reply']>;
};

const handlers: Handlers = {
  createState: ({ state, entries }) => {
    const made = Object.entries(entries).map(
      ([name, { length, dtype }]) => [name, createEntry(zeros(dtype, length))] as const,
    );
    states.set(state, new Map(made));
    return null;
  },
  readState: ({ state, name }) => entryOf(state, name).values().slice(),
  writeState: ({ state, name, values }) => {
    entryOf(state, name).write(values);
    return null;
  },
  releaseState: ({ state, names }) => {
    for (const name of names) entryOf(state, name).release();
    return null;
  },
  disposeState: ({ state }) => {
    for (const entry of states.get(state)?.values() ?? []) entry.release();
    states.delete(state);
    return null;
  },
  compile: async ({ executable, plan, entries, options }) => {
    const state = Object.fromEntries(
      Object.entries(entries).map(([name, place]) => [name, entryOf(place.state, place.name)]),
    );
    executables.set(executable, await createExecutable(plan, state, options));
    return null;
  },
  run: ({ executable, inputs }) => found(executables, executable).run(inputs),
  openForeign: async ({ path, options }) => {
    foreign = await openForeignSession(path, options);
    return null;
  },
  runForeign: ({ inputs }) => foreign!.run(inputs),
  disposeExecutable: async ({ executable }) => {
    await executables.get(executable)?.dispose();
    executables.delete(executable);
    return null;
  },
};

async function answer({ id, name, request }: Request): Promise<void> {
  try {
    // The type of an indexed table of handlers cannot relate a request to its name.
    const handler = handlers[name] as (request: unknown) => ReturnType<Handlers[CallName]>;
    const result = await handler(request);
    parentPort!.postMessage({ id, result } satisfies Reply, buffersOf(result));
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ id, failure } satisfies Reply);
  }
}

/** Results are transferred, not copied. */
function buffersOf(result: Calls[CallName]['reply']): ArrayBuffer[] {
  const arrays = result === null ? [] : ArrayBuffer.isView(result) ? [result] : Object.values(result);
  return [...new Set(arrays.map((array) => array.buffer as ArrayBuffer))];
}

let last = Promise.resolve();
parentPort!.on('message', (request: Request) => {
  last = last.then(() => answer(request));
});
