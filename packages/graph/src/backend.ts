import type { MemoryNeed } from './memory.ts';
import type { Program } from './program.ts';
import type { Shape } from './shape.ts';
import type { DType } from './dtype.ts';
import type { TensorData } from './tensor-data.ts';

export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * Named values that live on the device and are shared by executables: the same weights at two resolutions, a
 * training step and a sampling step. Read and written entry by entry, so that loading a checkpoint never
 * holds two copies.
 */
export interface State {
  readonly specs: Readonly<Record<string, TensorSpec>>;
  /** The values of an entry, in the array of its element type. */
  read(name: string): Promise<TensorData>;
  /** @throws where the name is unknown, or the values are not of the entry's element type or number. */
  write(name: string, values: TensorData): Promise<void>;
  dispose(): Promise<void>;
}

/** A program made ready to run. */
export interface Executable {
  readonly memory: MemoryNeed;
  /**
   * Runs once: the program's outputs; its updates are stored in the state. Runs of one backend happen one
   * after another.
   */
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/** What a backend reports while it works. */
export type BackendEvent =
  | { readonly type: 'compiling'; readonly nodes: number; readonly memory: MemoryNeed }
  | { readonly type: 'compiled'; readonly seconds: number }
  | { readonly type: 'running'; readonly seconds: number };

export interface CompileOptions {
  /**
   * Takes the state's present values into the executable as constants, which lets a backend pack them for
   * speed. Later writes to the state are not seen. Only for programs without updates.
   */
  readonly freeze?: boolean;
}

/** Something that runs programs. It knows the graph, and nothing of diffusion. */
export interface Backend {
  /** As a user names it, with its device: `onnx:cpu`. */
  readonly name: string;
  createState(specs: Readonly<Record<string, TensorSpec>>): Promise<State>;
  compile(program: Program, state: State, options?: CompileOptions): Promise<Executable>;
  /** Called for what happens from now on; returns a function that ends it. */
  onEvent(listener: (event: BackendEvent) => void): () => void;
  dispose(): Promise<void>;
}
