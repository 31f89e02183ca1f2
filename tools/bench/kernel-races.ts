import type { Backend } from '@rewardedit/graph';
import {
  attention,
  conv2d,
  input,
  matmul,
  program,
  sizeOf,
  state,
  sum,
  type Program,
  type TensorData,
  type TensorSpec,
} from '@rewardedit/graph';
import { residentBytes, type Contestant, type Race } from './race.ts';

/** One kernel, and how many floating-point operations it is. */
interface Case {
  readonly name: string;
  readonly operations: number;
  readonly program: Program;
}

function gemm(rows: number, columns: number, inner: number): Case {
  const product = matmul(input('a', [rows, inner]), state('b', [columns, inner]), { transposeB: true });
  return {
    name: `gemm ${rows}x${columns}x${inner}`,
    operations: 2 * rows * columns * inner,
    program: program({ outputs: { y: sum(product, [0]) } }),
  };
}

function conv(batch: number, channels: number, outputs: number, size: number, kernel: number): Case {
  const weight = state('w', [outputs, channels, kernel, kernel]);
  const y = conv2d(input('x', [batch, channels, size, size]), weight, { padding: (kernel - 1) / 2 });
  return {
    name: `conv ${kernel}x${kernel} ${batch}x${channels}x${size}x${size} to ${outputs}`,
    operations: 2 * sizeOf(y.shape) * channels * kernel * kernel,
    program: program({ outputs: { y: sum(y, [2, 3]) } }),
  };
}

function attend(heads: number, queries: number, keys: number, width: number): Case {
  const operand = (name: string, length: number) => input(name, [1, heads, length, width]);
  const y = attention(operand('q', queries), operand('k', keys), operand('v', keys), {
    scale: width ** -0.5,
  });
  return {
    name: `attention ${heads} heads, ${queries} to ${keys}, width ${width}`,
    operations: 4 * heads * queries * keys * width,
    program: program({ outputs: { y: sum(y, [2]) } }),
  };
}

/**
 * Single kernels in the shapes of a U-Net of the middle size. Results are summed, so that little of what is measured is
 * the way to the host.
 */
export const KERNEL_BENCHES: Readonly<Record<string, () => readonly Case[]>> = {
  gemm: () => [gemm(512, 512, 512), gemm(1024, 256, 256), gemm(4, 1024, 256)],
  conv: () => [
    conv(1, 64, 64, 32, 3),
    conv(1, 128, 128, 16, 3),
    conv(1, 256, 256, 8, 3),
    conv(1, 128, 64, 32, 1),
  ],
  attention: () => [attend(8, 256, 256, 16), attend(8, 256, 77, 16), attend(4, 1024, 1024, 40)],
};

/** Every case of a bench on one backend, beside another one where there is one. */
export async function kernelRaces(
  name: string,
  backend: Backend,
  peer: Backend | undefined,
): Promise<(Race & { operations: number })[]> {
  const races: (Race & { operations: number })[] = [];
  for (const { name: label, operations, program: built } of KERNEL_BENCHES[name]()) {
    races.push({
      name: label,
      operations,
      ours: await contestant(backend, built),
      ...(peer && { peer: await contestant(peer, built), peerName: peer.name }),
    });
  }
  return races;
}

async function contestant(backend: Backend, built: Program): Promise<Contestant> {
  const memory = await backend.createState(built.state);
  for (const [name, values] of Object.entries(someValues(built.state))) await memory.write(name, values);
  const executable = await backend.compile(built, memory, { freeze: 'all' });
  const inputs = someValues(built.inputs);
  return async () => {
    const start = performance.now();
    await executable.run(inputs);
    return { seconds: (performance.now() - start) / 1000, peakBytes: residentBytes() };
  };
}

function someValues(specs: Readonly<Record<string, TensorSpec>>): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i)),
    ]),
  );
}
