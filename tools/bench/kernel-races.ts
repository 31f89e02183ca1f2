import type { Precision } from '@rewardedit/diffusion';
import {
  attention,
  conv2d,
  dataOf,
  DTYPE_BYTES,
  input,
  matmul,
  program,
  sizeOf,
  state,
  sum,
  type Backend,
  type Executable,
  type Program,
  type TensorData,
  type TensorSpec,
} from '@rewardedit/graph';
import { inspector } from './gpu/inspect.ts';
import { residentBytes, type Contestant, type Race } from './race.ts';

/** A kernel, its floating-point operations, and the bytes that it must read and write. */
export interface KernelCase {
  readonly name: string;
  readonly operations: number;
  readonly bytes: number;
  readonly program: Program;
}

/** Makes a case in an element type. */
type MakeCase = (dtype: Precision) => KernelCase;

export const gemm =
  (rows: number, columns: number, inner: number): MakeCase =>
  (dtype) => {
    const product = matmul(input('a', [rows, inner], dtype), state('b', [columns, inner], dtype), {
      transposeB: true,
    });
    return {
      name: `gemm ${rows}x${columns}x${inner}`,
      operations: 2 * rows * columns * inner,
      bytes: DTYPE_BYTES[dtype] * (rows * inner + columns * inner + rows * columns),
      program: program({ outputs: { y: sum(product, [0]) } }),
    };
  };

export const conv =
  (batch: number, channels: number, outputs: number, size: number, kernel: number): MakeCase =>
  (dtype) => {
    const weight = state('w', [outputs, channels, kernel, kernel], dtype);
    const y = conv2d(input('x', [batch, channels, size, size], dtype), weight, { padding: (kernel - 1) / 2 });
    return {
      name: `conv ${kernel}x${kernel} ${batch}x${channels}x${size}x${size} to ${outputs}`,
      operations: 2 * sizeOf(y.shape) * channels * kernel * kernel,
      bytes: DTYPE_BYTES[dtype] * (batch * channels * size * size + sizeOf(weight.shape) + sizeOf(y.shape)),
      program: program({ outputs: { y: sum(y, [2, 3]) } }),
    };
  };

export const attend =
  (heads: number, queries: number, keys: number, width: number): MakeCase =>
  (dtype) => {
    const operand = (name: string, length: number) => input(name, [1, heads, length, width], dtype);
    const y = attention(operand('q', queries), operand('k', keys), operand('v', keys), {
      scale: width ** -0.5,
    });
    return {
      name: `attention ${heads} heads, ${queries} to ${keys}, width ${width}`,
      operations: 4 * heads * queries * keys * width,
      bytes: 2 * DTYPE_BYTES[dtype] * heads * (queries + keys) * width,
      program: program({ outputs: { y: sum(y, [2]) } }),
    };
  };

/**
 * Single kernels in the shapes of a medium-sized U-Net. Results are reduced to a sum, so that the transfer to
 * the host is negligible.
 */
export const KERNEL_BENCHES: Readonly<Record<string, readonly MakeCase[]>> = {
  gemm: [gemm(512, 512, 512), gemm(1024, 256, 256), gemm(4, 1024, 256)],
  conv: [conv(1, 64, 64, 32, 3), conv(1, 128, 128, 16, 3), conv(1, 256, 256, 8, 3), conv(1, 128, 64, 32, 1)],
  attention: [attend(8, 256, 256, 16), attend(8, 256, 77, 16), attend(4, 1024, 1024, 40)],
};

/** Runs every case of a bench on a backend, optionally alternating with another. */
export async function kernelRaces(
  name: string,
  { backend, peer, precision }: { backend: Backend; peer: Backend | undefined; precision: Precision },
): Promise<(Race & { operations: number })[]> {
  const races: (Race & { operations: number })[] = [];
  for (const make of KERNEL_BENCHES[name]) {
    const { name: label, operations, program: built } = make(precision);
    const { executable, inputs, turn } = await preparedKernel(backend, built);
    races.push({
      name: `${label}, ${precision}`,
      operations,
      ours: turn,
      inspect: inspector(backend, executable, () => inputs),
      ...(peer && { peer: (await preparedKernel(peer, built)).turn, peerName: peer.name }),
    });
  }
  return races;
}

/** Compiles a program and prepares artificial inputs. */
export async function preparedKernel(
  backend: Backend,
  built: Program,
): Promise<{ executable: Executable; inputs: Record<string, TensorData>; turn: Contestant }> {
  const memory = await backend.createState(built.state);
  for (const [name, values] of Object.entries(someValues(built.state))) await memory.write(name, values);
  const executable = await backend.compile(built, memory, { freeze: 'all' });
  const inputs = someValues(built.inputs);
  const turn = async () => {
    const start = performance.now();
    await executable.run(inputs);
    return { seconds: (performance.now() - start) / 1000, peakBytes: residentBytes() };
  };
  return { executable, inputs, turn };
}

function someValues(specs: Readonly<Record<string, TensorSpec>>): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [
      name,
      dataOf(
        dtype,
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i)),
      ),
    ]),
  );
}
