import { toFloat16 } from '@rewardedit/graph';
import {
  loadMatrix,
  MATRIX,
  matrixEnables,
  storeMatrix,
  zeroMatrix,
  type MatrixUnits,
} from '../codegen/subgroup-matrix.ts';
import { readBuffer, storageBuffer } from './buffers.ts';

/** Dawn's report of supported matrix sizes, which TypeScript's WebGPU types lack. */
interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/**
 * Tests by a multiplication whether a device has subgroup matrices of f16 with f32 accumulators: drivers do
 * not always compile what adapters report, and the WGSL functions have changed.
 */
export async function tryMatrixUnits(
  device: GPUDevice,
  info: GPUAdapterInfo,
): Promise<MatrixUnits | undefined> {
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: readonly MatrixConfig[] };
  const fits = subgroupMatrixConfigs.some(
    ({ componentType, resultComponentType, ...size }) =>
      componentType === 'f16' &&
      resultComponentType === 'f32' &&
      [size.M, size.N, size.K].every((each) => each === MATRIX),
  );
  const { subgroupMinSize: subgroup, subgroupMaxSize } = info;
  const named = 'chromium-experimental-subgroup-matrix' as string as GPUFeatureName;
  if (!fits || subgroup === undefined || subgroup !== subgroupMaxSize || !device.features.has(named))
    return undefined;
  for (const order of ['template', 'argument'] as const) {
    const units = { order, subgroup };
    if (await multiplies(device, units)) return units;
  }
  return undefined;
}

const COUNT = MATRIX * MATRIX;

/** Multiplies two matrices and checks the result. */
async function multiplies(device: GPUDevice, units: MatrixUnits): Promise<boolean> {
  device.pushErrorScope('validation');
  const made = await product(device, units).catch(() => undefined);
  const error = await device.popErrorScope();
  if (error !== null || made === undefined) return false;
  return made.every((value, i) => Math.abs(value - expected(i)) < 1e-2);
}

const leftAt = (row: number, k: number) => ((row * 7 + k * 3) % 11) / 8 - 0.5;
const rightAt = (k: number, column: number) => ((k * 5 + column * 2) % 13) / 8 - 0.75;

function expected(place: number): number {
  const [row, column] = [Math.floor(place / MATRIX), place % MATRIX];
  let sum = 0;
  for (let k = 0; k < MATRIX; k++) sum += leftAt(row, k) * rightAt(k, column);
  return sum;
}

async function product(device: GPUDevice, units: MatrixUnits): Promise<Float32Array> {
  const module = device.createShaderModule({ label: 'matrix units', code: shader(units) });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module, entryPoint: 'main' },
  });
  const [left, right] = [leftAt, rightAt].map((at) => {
    const values = Float32Array.from({ length: COUNT }, (_, i) => at(Math.floor(i / MATRIX), i % MATRIX));
    const buffer = storageBuffer(device, 2 * COUNT, 'matrix');
    device.queue.writeBuffer(buffer, 0, toFloat16(values).slice());
    return buffer;
  });
  const result = storageBuffer(device, 4 * COUNT, 'product');
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [left, right, result].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(1);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const values = new Float32Array(await readBuffer(device, result, 4 * COUNT));
  for (const buffer of [left, right, result]) buffer.destroy();
  return values;
}

function shader(units: MatrixUnits): string {
  return [
    ...matrixEnables,
    '@group(0) @binding(0) var<storage, read_write> a: array<f16>;',
    '@group(0) @binding(1) var<storage, read_write> b: array<f16>;',
    '@group(0) @binding(2) var<storage, read_write> c: array<f32>;',
    `var<workgroup> left: array<f16, ${COUNT}>;`,
    `var<workgroup> right: array<f16, ${COUNT}>;`,
    `var<workgroup> patches: array<f32, ${COUNT}>;`,
    `@compute @workgroup_size(${units.subgroup})`,
    'fn main(@builtin(local_invocation_index) local: u32) {',
    `  for (var i = local; i < ${COUNT}u; i += ${units.subgroup}u) {`,
    '    left[i] = a[i];',
    '    right[i] = b[i];',
    '  }',
    '  workgroupBarrier();',
    `  var sum = ${zeroMatrix};`,
    `  let x = ${loadMatrix(units, 'left', '0', MATRIX, false)};`,
    `  let y = ${loadMatrix(units, 'right', '0', MATRIX, false)};`,
    '  sum = subgroupMatrixMultiplyAccumulate(x, y, sum);',
    `  ${storeMatrix(units, 'patches', '0', 'sum', MATRIX)}`,
    '  workgroupBarrier();',
    `  for (var i = local; i < ${COUNT}u; i += ${units.subgroup}u) { c[i] = patches[i]; }`,
    '}',
  ].join('\n');
}
