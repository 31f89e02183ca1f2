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
 * Named values on the device, shared by executables: the same weights at two resolutions, a training step and
 * a sampling step, or what one program computes and another reads. Read and written entry by entry, so that
 * loading a checkpoint never holds two copies.
 */
export interface State {
  readonly specs: Readonly<Record<string, TensorSpec>>;
  /** Entries whose memory was released. */
  readonly released: ReadonlySet<string>;
  /**
   * Returns the values of an entry, in the array of its element type.
   *
   * @throws RewardEditError for an unknown name or a released entry.
   */
  read(name: string): Promise<TensorData>;
  /**
   * Writes the values of an entry.
   *
   * @throws RewardEditError for an unknown name, a released entry, or values of the wrong number or element
   * type.
   */
  write(name: string, values: TensorData): Promise<void>;
  /**
   * Frees the memory of entries that programs hold as constants (`CompileOptions.freeze`). From then on,
   * reading them, compiling for them, and running programs that read them in place are errors.
   *
   * @throws RewardEditError for an unknown name.
   */
  release(names: Iterable<string>): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Where a program's state entries are found: in one state, under their own names, or in several states, by
 * prefix. With `{ '': edit, unet: weights }`, the entry `unet.conv_in.bias` is `conv_in.bias` of `weights`.
 */
export type States = State | Readonly<Record<string, State>>;

/** Values by name, each in the array of its element type. */
export type ValuesOf<Types extends DTypes> = { -readonly [Name in keyof Types]: DataOf<Types[Name]> };

/** A compiled program. */
export interface Executable<Inputs extends DTypes = DTypes, Outputs extends DTypes = DTypes> {
  /**
   * Runs the program once, stores its updates in the states and resolves to its outputs. Runs of one backend
   * execute one after another, in the order of the calls.
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
   * Entries whose current values become constants of the executable, which lets a backend pack them for
   * speed. Later writes do not affect it, and the state may release the entries. A program cannot freeze what
   * it updates.
   */
  readonly freeze?: EntryNames | undefined;
  /**
   * State names that stand in for entries of the program: `{ weight: 'ema.weight' }` runs a network with the
   * averages of its weights, in place.
   */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
}

/** Runs programs. Depends on the graph alone and knows nothing of diffusion. */
export interface Backend {
  /** The name users give, with the device: `onnx:cpu`. */
  readonly name: string;
  createState(specs: Readonly<Record<string, TensorSpec>>): Promise<State>;
  /** @throws RewardEditError naming each entry that the states lack or have twice. */
  compile<Inputs extends DTypes, Outputs extends DTypes>(
    program: Program<Inputs, Outputs>,
    states: States,
    options?: CompileOptions,
  ): Promise<Executable<Inputs, Outputs>>;
  /** Returns what states and programs together will need on this backend. Allocates nothing. */
  memory(plan: MemoryPlan): MemoryNeed;
  /** Bytes that could be allocated now, in the memory where states and programs live. */
  availableMemory(): number;
  /** Total bytes of that memory, whatever else uses some of it. */
  memoryLimit(): number;
  /**
   * Whether each run copies state entries to the device and back; constants (`freeze`) stay on the device.
   */
  readonly copiesState?: boolean;
  /**
   * Whether one larger batch of this program takes less time per sample than several runs: small batches
   * leave a wide device idle.
   */
  batchPays(program: Program): boolean;
  /** Calls `listener` for every event from now on; returns a function that unsubscribes. */
  onEvent(listener: (event: BackendEvent) => void): () => void;
  dispose(): Promise<void>;
}
