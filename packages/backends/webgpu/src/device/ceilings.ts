import type { DeviceTraits } from '../codegen/shader.ts';
import { loadMatrix, MATRIX, matrixEnables, storeMatrix, zeroMatrix } from '../codegen/subgroup-matrix.ts';
import { storageBuffer } from './buffers.ts';
import type { Pipelines } from './pipelines.ts';
import { timeDispatches } from './time-dispatches.ts';

/**
 * The peak throughput of a device, measured with kernels that do nothing else. Other kernels are reported as
 * shares of it.
 */
export interface Ceilings {
  /** Bytes read plus bytes written, in a copy. */
  readonly bytesPerSecond: number;
  /** Of fused multiply-adds, and of subgroup-matrix products if supported. */
  readonly operationsPerSecond: {
    readonly f32: number;
    readonly f16?: number | undefined;
    readonly matrices?: number | undefined;
  };
}

/** Amounts of work: enough to fill a large GPU, or little for a software driver. */
const SIZES = {
  gpu: { elements: 2 ** 26, workgroups: 4096, loops: 2048 },
  software: { elements: 2 ** 18, workgroups: 16, loops: 32 },
} as const;
const TURNS = 5;
const INVOCATIONS = 256;
/** Independent accumulators. */
const SUMS = [0, 1, 2, 3, 4, 5, 6, 7];

interface Probe {
  readonly wgsl: string;
  readonly workgroups: number;
  /** Bytes or operations. */
  readonly amount: number;
}

export async function measureCeilings(
  device: GPUDevice,
  pipelines: Pipelines,
  traits: DeviceTraits,
): Promise<Ceilings> {
  const size = SIZES[traits.software ? 'software' : 'gpu'];
  const [from, to] = ['from', 'to'].map((label) => storageBuffer(device, 4 * size.elements, label));
  // Operands for which repeated multiply-adds stay finite.
  device.queue.writeBuffer(from, 0, new Float32Array(4 * MATRIX * MATRIX).fill(0.5));
  const rate = async (probe: Probe) => {
    const pipeline = await pipelines.get(probe.wgsl, 'ceiling');
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [from, to].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    const dispatch = { pipeline, bindGroup, workgroups: [probe.workgroups, 1, 1] as const };
    const { seconds } = await timeDispatches(
      device,
      Array.from({ length: TURNS }, () => dispatch),
    );
    return probe.amount / Math.min(...seconds);
  };
  try {
    return {
      bytesPerSecond: await rate(copy(size.elements)),
      operationsPerSecond: {
        f32: await rate(multiplyAdds('f32', size)),
        ...(traits.halves && { f16: await rate(multiplyAdds('f16', size)) }),
        ...(traits.matrices && { matrices: await rate(matrixProducts(traits.matrices, size)) }),
      },
    };
  } finally {
    from.destroy();
    to.destroy();
  }
}

const BINDINGS = [
  '@group(0) @binding(0) var<storage, read_write> a: array<vec4<f32>>;',
  '@group(0) @binding(1) var<storage, read_write> b: array<vec4<f32>>;',
];

function kernel(
  { enables = [], declarations = [] }: { enables?: readonly string[]; declarations?: readonly string[] },
  invocations: number,
  body: readonly string[],
): string {
  return [
    ...enables,
    ...BINDINGS,
    ...declarations,
    `@compute @workgroup_size(${invocations})`,
    'fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {',
    `  let i = group.x * ${invocations}u + local;`,
    ...body.map((line) => `  ${line}`),
    '}',
  ].join('\n');
}

function copy(elements: number): Probe {
  const vectors = elements / 4;
  // Several vectors per invocation, because WebGPU dispatches at most 65535 workgroups per dimension.
  const [workgroups, each] = [
    Math.min(vectors / INVOCATIONS, 16384),
    Math.max(1, vectors / INVOCATIONS / 16384),
  ];
  return {
    wgsl: kernel({}, INVOCATIONS, [
      `for (var k = 0u; k < ${each}u; k++) { b[i + k * ${workgroups * INVOCATIONS}u] = a[i + k * ${workgroups * INVOCATIONS}u]; }`,
    ]),
    workgroups,
    amount: 2 * 4 * elements,
  };
}

function multiplyAdds(
  type: 'f32' | 'f16',
  { workgroups, loops }: { workgroups: number; loops: number },
): Probe {
  const vector = `vec4<${type}>`;
  return {
    wgsl: kernel({ enables: type === 'f16' ? ['enable f16;'] : [] }, INVOCATIONS, [
      // Loaded from memory, so that no compiler can fold them.
      `let x = ${vector}(a[0]);`,
      `let y = ${vector}(a[1]);`,
      ...SUMS.map((n) => `var s${n} = ${vector}(a[${n}]);`),
      `for (var k = 0; k < ${loops}; k++) {`,
      ...SUMS.map((n) => `  s${n} = fma(s${n}, x, y);`),
      '}',
      `b[i] = vec4<f32>(${SUMS.map((n) => `s${n}`).join(' + ')});`,
    ]),
    workgroups,
    amount: workgroups * INVOCATIONS * loops * SUMS.length * 4 * 2,
  };
}

function matrixProducts(
  units: NonNullable<DeviceTraits['matrices']>,
  { workgroups, loops }: { workgroups: number; loops: number },
): Probe {
  const subgroups = 4;
  const invocations = subgroups * units.subgroup;
  const sums = SUMS.slice(0, 4);
  const count = MATRIX * MATRIX;
  return {
    wgsl: kernel(
      {
        enables: matrixEnables,
        declarations: [
          `var<workgroup> left: array<f16, ${count}>;`,
          `var<workgroup> right: array<f16, ${count}>;`,
          `var<workgroup> patches: array<f32, ${subgroups * count}>;`,
        ],
      },
      invocations,
      [
        `for (var k = local; k < ${count}u; k += ${invocations}u) { left[k] = f16(a[k].x); right[k] = f16(a[k].y); }`,
        'workgroupBarrier();',
        `let x = ${loadMatrix(units, 'left', '0', MATRIX, false)};`,
        `let y = ${loadMatrix(units, 'right', '0', MATRIX, false)};`,
        ...sums.map((n) => `var s${n} = ${zeroMatrix};`),
        `for (var k = 0; k < ${loops}; k++) {`,
        ...sums.map((n) => `  s${n} = subgroupMatrixMultiplyAccumulate(x, y, s${n});`),
        '}',
        ...sums.flatMap((n) => [
          storeMatrix(units, 'patches', `local / ${units.subgroup}u * ${count}u`, `s${n}`, MATRIX),
          'workgroupBarrier();',
          `b[i * ${sums.length}u + ${n}u] = vec4<f32>(patches[local]);`,
          'workgroupBarrier();',
        ]),
      ],
    ),
    workgroups,
    amount: workgroups * subgroups * loops * sums.length * 2 * MATRIX ** 3,
  };
}
