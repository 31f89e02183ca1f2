import type { MemoryNeed, MemoryPlan } from './memory.ts';
import type { Program } from './program.ts';
import type { Shape } from './shape.ts';
import type { DType, DTypes } from './dtype.ts';
import type { DataOf, TensorData } from './tensor-data.ts';

export interface TensorSpec<D extends DType = DType> {
  readonly shape: Shape;
  readonly dtype: D;
}

/**
 * Named values that live on the device and are shared by executables: the same weights at two resolutions, a
 * training step and a sampling step, what one program computes and another one reads. Read and written entry
 * by entry, so that loading a checkpoint never holds two copies.
 */
export interface State {
  readonly specs: Readonly<Record<string, TensorSpec>>;
  /** Entries whose values are given up. */
  readonly released: ReadonlySet<string>;
  /**
   * The values of an entry, in the array of its element type.
   *
   * @throws where the name is unknown or the entry was released.
   */
  read(name: string): Promise<TensorData>;
  /**
   * @throws where the name is unknown, the entry was released, or the values are not of its element type or number.
   */
  write(name: string, values: TensorData): Promise<void>;
  /**
   * Gives up the memory of entries that programs hold as constants (`CompileOptions.freeze`). Reading them,
   * compiling for them, and running what reads them in place is an error from then on.
   *
   * @throws where a name is unknown.
   */
  release(names: Iterable<string>): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * What a program's state entries are found in: one state, under their own names, or several by prefix. Of
 * `{ '': edit, unet: weights }`, the entry `unet.conv_in.bias` is `conv_in.bias` of `weights`.
 */
export type States = State | Readonly<Record<string, State>>;

/** Values by name, each in the array of its element type. */
export type ValuesOf<Types extends DTypes> = { -readonly [Name in keyof Types]: DataOf<Types[Name]> };

/** A program made ready to run. */
export interface Executable<Inputs extends DTypes = DTypes, Outputs extends DTypes = DTypes> {
  /**
   * Runs once: the program's outputs; its updates are stored in the states. Runs of one backend happen one
   * after another, in the order they were asked for.
   */
  run(inputs: ValuesOf<Inputs>): Promise<ValuesOf<Outputs>>;
  dispose(): Promise<void>;
}

/** What a backend reports while it works. */
export type BackendEvent =
  | { readonly type: 'compiling'; readonly nodes: number }
  | { readonly type: 'compiled'; readonly seconds: number }
  | { readonly type: 'running'; readonly seconds: number };

/** Which of a program's state entries: those named, or every one. */
export type EntryNames = 'all' | ReadonlySet<string>;

export interface CompileOptions {
  /**
   * Entries whose present values the executable takes as constants, which lets a backend pack them for speed.
   * Later writes to them are not seen, and the state may release them. Not for what the program updates.
   */
  readonly freeze?: EntryNames | undefined;
  /**
   * Entries of the program that stand in the states under another name: `{ weight: 'ema.weight' }` runs a
   * network with the averages of its weights, where they lie.
   */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** Something that runs programs. It knows the graph, and nothing of diffusion. */
export interface Backend {
  /** As a user names it, with its device: `onnx:cpu`. */
  readonly name: string;
  createState(specs: Readonly<Record<string, TensorSpec>>): Promise<State>;
  /** @throws where the states do not have what the program needs, or have it twice; names each entry. */
  compile<Inputs extends DTypes, Outputs extends DTypes>(
    program: Program<Inputs, Outputs>,
    states: States,
    options?: CompileOptions,
  ): Promise<Executable<Inputs, Outputs>>;
  /** What states and programs will take up together on this backend. Allocates nothing. */
  memory(plan: MemoryPlan): MemoryNeed;
  /** Bytes that could be allocated at present, where states and programs live. */
  availableMemory(): number;
  /** Bytes that there are at all, whatever else holds some of them. */
  memoryLimit(): number;
  /** Whether entries of a state are carried to the device and back in every run; constants (`freeze`) are there from the start. */
  readonly copiesState?: boolean;
  /**
   * Whether a larger batch of what this program does takes less time for each sample than running it more often:
   * small ones leave a wide device without work.
   */
  batchPays(program: Program): boolean;
  /** Called for what happens from now on; returns a function that ends it. */
  onEvent(listener: (event: BackendEvent) => void): () => void;
  dispose(): Promise<void>;
}
