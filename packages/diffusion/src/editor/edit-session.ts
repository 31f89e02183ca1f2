import type { PictureSize } from '@rewardedit/data';
import { totalMemory, type Executable, type Program, type State, type TensorData } from '@rewardedit/graph';
import type { Branch } from '../guidance.ts';
import { createCache } from './cache.ts';
import { EDIT, editPrograms, type StepOptions } from './edit-programs.ts';
import type { EditorParts } from './editor.ts';

/** As many programs as an edit can have: texts, begin, finish, a step of each kind, and one to four branches. */
const PROGRAMS = 11;

type Values = Readonly<Record<string, TensorData>>;

/** The programs for so many pictures of one size, compiled when they are first needed, and the state that they share. */
export interface EditSession {
  tell(inputs: Values): Promise<void>;
  begin(inputs: Values): Promise<void>;
  /** How many of these branches are to be given to `denoise` at once. */
  branchesAtOnce(branches: readonly Branch[]): number;
  denoise(branches: number, inputs: Values): Promise<void>;
  step(options: StepOptions, inputs: Values): Promise<void>;
  /** Reads what the programs share back: the source as it is shown to the network, or x0 as of the last step. */
  read(entry: 'source' | 'predicted'): Promise<Float32Array>;
  finish(): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function openEditSession(
  { model, backend, state, types, aliases = {} }: EditorParts,
  requests: number,
  size: PictureSize,
): Promise<EditSession> {
  const programs = editPrograms(model, requests, size, types);
  const edit: State = await backend.createState(programs.specs);
  const executables = createCache<Executable>(PROGRAMS, (executable) => executable.dispose());

  /** Compiled over the weights where they lie: as constants they would be faster, and each program would have its own. */
  async function run(key: string, build: () => Program, inputs: Values): Promise<Record<string, TensorData>> {
    const executable = await executables.get(key, () => {
      const program = build();
      const used = Object.entries(aliases).filter(([name]) => name in program.state);
      return backend.compile(program, { '': state, [EDIT]: edit }, { aliases: Object.fromEntries(used) });
    });
    return executable.run(inputs);
  }

  /** How many branches are run at once, by how many there are; found once, as the programs have to be built for it. */
  const atOnce = new Map<number, number>([[1, 1]]);

  function batchFits(count: number): boolean {
    if (!backend.batchPays(programs.denoise(1))) return false;
    const need = backend.memory({ states: [], programs: [{ program: programs.denoise(count) }] });
    return totalMemory(need) <= backend.availableMemory();
  }

  return {
    tell: async (inputs) => void (await run('tell', programs.tell, inputs)),
    begin: async (inputs) => void (await run('begin', programs.begin, inputs)),
    branchesAtOnce: ({ length: count }) => {
      const known = atOnce.get(count) ?? (batchFits(count) ? count : 1);
      atOnce.set(count, known);
      return known;
    },
    denoise: async (branches, inputs) =>
      void (await run(`denoise ${branches}`, () => programs.denoise(branches), inputs)),
    step: async (options, inputs) =>
      void (await run(`step ${JSON.stringify(options)}`, () => programs.step(options), inputs)),
    read: async (entry) => (await edit.read(entry)) as Float32Array,
    finish: async () => (await run('finish', programs.finish, {}))['pixels'] as Float32Array,
    async dispose() {
      await executables.clear();
      await edit.dispose();
    },
  };
}
