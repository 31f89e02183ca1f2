import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { createWebGpuBackend, listAdapters, type WebGpuBackend } from '@rewardedit/backend-webgpu';
import type { Precision } from '@rewardedit/diffusion';
import { add, input, program, selfTest } from '@rewardedit/graph';
import { attend, conv, gemm, preparedKernel, type KernelCase } from '../kernel-races.ts';
import { NETS, type Net, type NetName } from '../nets.ts';
import { runRace, type Contestant } from '../race.ts';
import { timedNet, type Part } from '../timed-net.ts';
import { torchPeer } from '../torch-peer.ts';
import type { GpuResult } from './gpu-result.ts';
import { describeProfile, secondsAtBest } from './profile-table.ts';

export interface GpuPartOptions {
  /** Shapes small enough for a software driver. */
  readonly small: boolean;
  readonly against?: string | undefined;
}

interface GpuPart {
  readonly name: string;
  /** Time limit. */
  readonly seconds: number;
  measure(options: GpuPartOptions): AsyncIterable<GpuResult>;
}

const open = (options: GpuPartOptions) =>
  createWebGpuBackend({
    ...(options.small && { tune: false }),
    notice: (line) => process.stderr.write(`${line}\n`),
  });

/** By decreasing importance. */
export const GPU_PARTS: readonly GpuPart[] = [
  { name: 'device', seconds: 40, measure: device },
  { name: 'ceilings', seconds: 40, measure: ceilings },
  net('forward of SD 1.5, f16', 90, 'sd15', 'forward', 'f16'),
  net('training step of the middle net, f16', 50, 'middle', 'train', 'f16'),
  { name: 'kernels, f16', seconds: 60, measure: (options) => kernels(options, 'f16') },
  net('training step of SD 1.5 at 256 pixels, f16', 90, 'sd15 at 256', 'train', 'f16'),
  net('forward of SD 1.5, f32', 60, 'sd15', 'forward', 'f32'),
  net('forward of the middle net, f32', 30, 'middle', 'forward', 'f32'),
  { name: 'forward of SD 1.5 through onnx:cuda, f32', seconds: 60, measure: cuda },
  { name: 'kernels, f32', seconds: 60, measure: (options) => kernels(options, 'f32') },
];

async function* device(options: GpuPartOptions): AsyncGenerator<GpuResult> {
  for (const { name, features, limits, ...facts } of await listAdapters())
    yield { name: `adapter ${name}`, values: { ...facts, ...limits }, details: features };
  const backend = await open(options);
  yield { name: 'self-test', values: { 'largest error': await selfTest(backend) } };
}

/** The peak throughput of the device, and what large matrix products and array additions reach. */
async function* ceilings(options: GpuPartOptions): AsyncGenerator<GpuResult> {
  const backend = await open(options);
  const { bytesPerSecond, operationsPerSecond } = await backend.ceilings();
  const { f32, f16, matrices } = operationsPerSecond;
  yield {
    name: 'ceilings',
    values: {
      'GB/s of a copy': bytesPerSecond / 1e9,
      'TFLOP/s in f32': f32 / 1e12,
      'TFLOP/s in f16': f16 === undefined ? null : f16 / 1e12,
      'TFLOP/s on matrix units': matrices === undefined ? null : matrices / 1e12,
    },
  };
  const side = options.small ? 128 : 4096;
  for (const precision of ['f16', 'f32'] as const) {
    const { operations, program: built } = gemm(side, side, side)(precision);
    const fastest = await fastestKernel(backend, { operations, program: built });
    yield {
      name: `product of ${side}x${side}, ${precision}`,
      values: { 'TFLOP/s': operations / fastest.seconds / 1e12, body: fastest.body ?? null },
    };
  }
  const length = options.small ? 2 ** 16 : 2 ** 28;
  const [a, b] = [input('a', [length]), input('b', [length])];
  const bytes = 3 * 4 * length;
  const { seconds } = await fastestKernel(backend, { program: program({ outputs: { y: add(a, b) } }) });
  yield { name: `sum of two arrays of ${length}, f32`, values: { 'GB/s': bytes / seconds / 1e9 } };
}

const TURNS = 5;

/** The kernel that dominates a program's time, from the fastest of several runs. */
async function fastestKernel(
  backend: WebGpuBackend,
  { program: built }: Pick<KernelCase, 'program'> & { operations?: number },
): Promise<{ seconds: number; body?: string | undefined }> {
  const { executable, inputs } = await preparedKernel(backend, built);
  let best: { seconds: number; body?: string | undefined } = { seconds: Number.POSITIVE_INFINITY };
  for (let turn = 0; turn < TURNS; turn++) {
    const { kernels: times } = await backend.profile(executable, inputs);
    const main = times.toSorted((p, q) => q.seconds - p.seconds)[0];
    if (main.seconds < best.seconds) best = { seconds: main.seconds, body: main.body };
  }
  await executable.dispose();
  return best;
}

const SHAPES = {
  large: [
    gemm(12288, 320, 320),
    gemm(3072, 5120, 640),
    gemm(768, 1280, 1280),
    gemm(3, 1280, 320),
    conv(3, 320, 320, 64, 3),
    conv(3, 640, 640, 32, 3),
    conv(3, 1280, 1280, 16, 3),
    conv(3, 2560, 1280, 8, 3),
    conv(3, 640, 320, 64, 1),
    attend(24, 4096, 4096, 40),
    attend(24, 4096, 77, 40),
    attend(24, 1024, 1024, 80),
    attend(24, 256, 256, 160),
  ],
  small: [gemm(64, 64, 64), conv(1, 16, 16, 8, 3), attend(2, 32, 32, 8)],
} as const;

async function* kernels(options: GpuPartOptions, precision: Precision): AsyncGenerator<GpuResult> {
  const backend = await open(options);
  const best = await backend.ceilings();
  for (const make of SHAPES[options.small ? 'small' : 'large']) {
    const one = make(precision);
    const { seconds, body } = await fastestKernel(backend, one);
    yield {
      name: `${one.name}, ${precision}`,
      values: {
        milliseconds: 1000 * seconds,
        'TFLOP/s': one.operations / seconds / 1e12,
        'GB/s': one.bytes / seconds / 1e9,
        'share of the ceiling': secondsAtBest([{ ...one, body }], best) / seconds,
        body: body ?? null,
      },
    };
  }
}

function net(name: string, seconds: number, of: NetName, part: Part, precision: Precision): GpuPart {
  return {
    name,
    seconds,
    measure: (options) => timed(options.small ? NETS.smallest : NETS[of], { ...options, part, precision }),
  };
}

/**
 * The network with ONNX Runtime's CUDA provider and constant weights. Without the provider, the part fails
 * and reports what is missing.
 */
async function* cuda({ small }: GpuPartOptions): AsyncGenerator<GpuResult> {
  const backend = await createOnnxBackend({ provider: 'cuda' });
  const ours = await timedNet(backend, small ? NETS.smallest : NETS.sd15, {
    part: 'forward',
    precision: 'f32',
  });
  yield { name: 'made ready', values: { seconds: ours.readySeconds, parameters: ours.parameters } };
  const turns = small ? { warmup: 1, turns: 1 } : { warmup: 3, turns: 10 };
  const { ours: seconds } = await runRace({ name: 'onnx:cuda', ours: ours.turn }, turns);
  yield { name: 'alone', values: { milliseconds: 1000 * seconds } };
  await ours.dispose();
  await backend.dispose();
}

/** A network, optionally alternating with PyTorch, followed by its profile. */
async function* timed(
  given: Net,
  { part, precision, ...options }: GpuPartOptions & { part: Part; precision: Precision },
): AsyncGenerator<GpuResult> {
  const backend = await open(options);
  const begun = performance.now();
  const ours = await timedNet(backend, given, { part, precision });
  yield {
    name: 'made ready',
    values: { seconds: (performance.now() - begun) / 1000, parameters: ours.parameters, bytes: ours.memory },
  };
  const turns = { warmup: options.small ? 1 : 3, turns: options.small ? 1 : 10 };
  const peer =
    options.against === 'torch'
      ? await torchPeer({ ...given, precision, threads: 8, device: options.small ? 'cpu' : 'cuda' })
      : undefined;
  const races: readonly [string, Contestant | undefined][] = peer
    ? [
        [peer.name, peer[part]],
        ...(part === 'forward' && !options.small
          ? [[`${peer.name}, compiled`, peer.compiled] as [string, Contestant]]
          : []),
      ]
    : [['alone', undefined]];
  for (const [name, contestant] of races) {
    const result = await runRace(
      { name, ours: ours.turn, ...(contestant && { peer: contestant, peerName: name }) },
      turns,
    );
    yield {
      name: contestant ? `against ${name}` : name,
      values: {
        milliseconds: 1000 * result.ours,
        ...(result.peer !== undefined && {
          'milliseconds there': 1000 * result.peer,
          ratio: result.ratio!,
          'bytes there': result.peerPeakBytes!,
        }),
      },
    };
  }
  await peer?.dispose();
  await backend.profile(ours.executable, ours.inputs());
  yield describeProfile(await backend.profile(ours.executable, ours.inputs()), await backend.ceilings());
}
