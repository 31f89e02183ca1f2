import type { PictureSize } from '@rewardedit/data';
import { totalMemory, type Executable, type Program, type State, type TensorData } from '@rewardedit/graph';
import type { Branch } from '../guidance.ts';
import { AUTOENCODER, TEXT_ENCODER, spaceOf } from '../edit-model.ts';
import { overTiles } from '../picture-space/index.ts';
import { createCache } from './cache.ts';
import { EDIT, editPrograms, frozenWeights, type StepOptions } from './edit-programs.ts';
import type { EditorParts } from './editor.ts';
import { tileSizes } from './tile-sizes.ts';

/** The most programs an edit can have: texts, begin, finish, tiles, each kind of step, and one to five branches. */
const PROGRAMS = 14;

type Values = Readonly<Record<string, TensorData>>;

/** The programs for a number of pictures of one size, compiled on first use, and their shared state. */
export interface EditSession {
  condition(inputs: Values): Promise<void>;
  begin(inputs: { readonly pixels: Float32Array; readonly noise: Float32Array }): Promise<void>;
  /** Returns how many of these branches to pass to `denoise` at once. */
  branchesAtOnce(branches: readonly Branch[]): number;
  denoise(branches: number, inputs: Values): Promise<void>;
  step(options: StepOptions, inputs: Values): Promise<void>;
  /** Reads back the encoded source, or x0 predicted by the last step. */
  read(entry: 'source' | 'predicted'): Promise<Float32Array>;
  finish(): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function openEditSession(
  { model, backend, state, types, aliases = {}, autoencoder, textEncoder, memory }: EditorParts,
  requests: number,
  size: PictureSize,
): Promise<EditSession> {
  const programs = editPrograms(model, requests, size, types);
  const edit: State = await backend.createState(programs.specs);
  const executables = createCache<Executable>(PROGRAMS, (executable) => executable.dispose());

  async function run(key: string, build: () => Program, inputs: Values): Promise<Record<string, TensorData>> {
    const executable = await executables.get(key, () => {
      const program = build();
      const used = Object.entries(aliases).filter(([name]) => name in program.state);
      return backend.compile(
        program,
        {
          ...{ '': state, [EDIT]: edit },
          ...(autoencoder && { [AUTOENCODER]: autoencoder }),
          ...(textEncoder && { [TEXT_ENCODER]: textEncoder }),
        },
        { aliases: Object.fromEntries(used), freeze: frozenWeights(program, backend) },
      );
    });
    return executable.run(inputs);
  }

  const bytesOf = (program: Program) =>
    totalMemory(
      backend.memory({ states: [], programs: [{ program, freeze: frozenWeights(program, backend) }] }),
    );

  /** Returns the tile size for encoding or decoding, or undefined if the whole picture fits or tiling saves nothing. */
  function tileOf(build: (tile: PictureSize) => Program): PictureSize | undefined {
    const tiles = tileSizes(model, size);
    const most = memory ?? backend.availableMemory();
    const fits = (tile: PictureSize) => bytesOf(build(tile)) <= most;
    return tiles.length === 0 || fits(size) ? undefined : (tiles.find(fits) ?? tiles.at(-1));
  }

  /** Branches per run by number of branches, cached because measuring it builds programs. */
  const atOnce = new Map<number, number>([[1, 1]]);

  function batchFits(count: number): boolean {
    if (!backend.batchPays(programs.denoise(1))) return false;
    return bytesOf(programs.denoise(count)) <= backend.availableMemory();
  }

  return {
    condition: async (inputs) => void (await run('condition', programs.condition, inputs)),
    async begin({ pixels, noise }) {
      const tile = tileOf((part) => programs.encodeTile(part));
      if (!tile) {
        await run('begin', programs.begin, { pixels, noise });
        return;
      }
      const grid = { batch: requests, channels: 3, ...size, values: pixels };
      const { values: source } = await overTiles(grid, tile, model.space.multiple, async (part) => {
        const made = await run('encode', () => programs.encodeTile(tile), { pixels: part });
        return { batch: requests, ...spaceOf(model, tile), values: made['source'] as Float32Array };
      });
      await run('begin', programs.beginEncoded, { source, noise });
    },
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
    async finish() {
      const tile = tileOf((part) => programs.decodeTile(part));
      if (!tile) return (await run('finish', programs.finish, {}))['pixels'] as Float32Array;
      const { latent } = await run('finish', programs.finishEncoded, {});
      const grid = { batch: requests, ...spaceOf(model, size), values: latent as Float32Array };
      const { values } = await overTiles(grid, spaceOf(model, tile), 1, async (part) => {
        const made = await run('decode', () => programs.decodeTile(tile), { latent: part });
        return { batch: requests, channels: 3, ...tile, values: made['pixels'] as Float32Array };
      });
      return values;
    },
    async dispose() {
      await executables.clear();
      await edit.dispose();
    },
  };
}
