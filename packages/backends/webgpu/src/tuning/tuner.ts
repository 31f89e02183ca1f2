import { fromFloat16, sizeOf } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits, type KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';
import { alignedBytes, readBuffer, storageBuffer } from '../device/buffers.ts';
import type { Pipelines } from '../device/pipelines.ts';
import { fromDevice, toDevice } from '../device/transfer.ts';
import { choiceKey, type Choices } from './choices.ts';
import { scratchValues } from './scratch-values.ts';

/** Chooses among kernels for the same result. */
export interface Tuner {
  choose(step: KernelStep): Promise<KernelStep>;
}

/** How long a kernel is repeated, so that launch overhead is negligible. */
const MILLISECONDS = 12;
const MOST_REPEATS = 1000;
/** Kernels with larger tensors are not timed, because scratch copies may not fit. */
const MOST_SCRATCH_BYTES = 2 ** 30;
/** The largest difference from the simplest kernel, relative to its largest value. */
const TOLERANCES = { f32: 1e-4, f16: 1e-2, i32: 0 } as const;

/**
 * Times kernels on artificial values and remembers the fastest. Only kernels that compile and agree with the
 * simplest one are timed.
 */
export function createTuner(
  { device, pipelines, traits }: { device: GPUDevice; pipelines: Pipelines; traits: DeviceTraits },
  choices: Choices,
): Tuner {
  return {
    choose: async (step) => {
      if (!step.alternatives) return step;
      const key = await choiceKey(step);
      const known = choices.get(key);
      if (known === step.body) return step;
      const all = [step, ...step.alternatives()];
      const chosen = all.find(({ body }) => body === known) ?? (await fastest(all));
      if (chosen.body !== undefined && chosen.body !== known) choices.set(key, chosen.body);
      return chosen;
    },
  };

  async function fastest(all: readonly KernelStep[]): Promise<KernelStep> {
    const simplest = all.at(-1)!;
    const bytes = simplest.tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    if (bytes > MOST_SCRATCH_BYTES) return all[0];
    const scratch = new Map(
      simplest.tensors.map((tensor) => [tensor, storageBuffer(device, bytesOf(tensor), 'scratch')]),
    );
    try {
      const expected = await resultsOf(simplest, scratch);
      let best = { step: simplest, seconds: Number.POSITIVE_INFINITY };
      for (const step of all) {
        const seconds = await secondsOf(step, scratch, expected);
        if (seconds !== undefined && seconds < best.seconds) best = { step, seconds };
      }
      return best.step;
    } finally {
      for (const buffer of scratch.values()) buffer.destroy();
    }
  }

  function bytesOf({ shape, dtype }: Stored): number {
    return alignedBytes(sizeOf(shape) * bytesPerElement(dtype, traits));
  }

  /** Returns the seconds of one run, or undefined if the kernel does not compile or its result differs. */
  async function secondsOf(
    step: KernelStep,
    scratch: ReadonlyMap<Stored, GPUBuffer>,
    expected: readonly Float32Array[],
  ): Promise<number | undefined> {
    device.pushErrorScope('validation');
    device.pushErrorScope('internal');
    const results = await resultsOf(step, scratch).catch(() => undefined);
    const errors = [await device.popErrorScope(), await device.popErrorScope()];
    if (results === undefined || errors.some((error) => error !== null)) return undefined;
    const right = results.every((values, i) => agree(values, expected[i], step.written[i]));
    if (!right) return undefined;
    for (let repeats = 1; ; repeats *= 4) {
      const start = performance.now();
      await run(step, scratch, repeats);
      const elapsed = performance.now() - start;
      if (elapsed >= MILLISECONDS || repeats >= MOST_REPEATS) return elapsed / repeats / 1000;
    }
  }

  async function resultsOf(
    step: KernelStep,
    scratch: ReadonlyMap<Stored, GPUBuffer>,
  ): Promise<Float32Array[]> {
    for (const [tensor, buffer] of scratch)
      device.queue.writeBuffer(buffer, 0, toDevice(scratchValues(tensor), tensor, traits.halves));
    await run(step, scratch, 1);
    const results: Float32Array[] = [];
    for (const tensor of step.written) {
      const bytes = sizeOf(tensor.shape) * bytesPerElement(tensor.dtype, traits);
      const data = await readBuffer(device, scratch.get(tensor)!, bytes);
      results.push(numbersIn(data, tensor));
    }
    return results;
  }

  function numbersIn(data: ArrayBuffer, tensor: Stored): Float32Array {
    const values = fromDevice(data, tensor, traits.halves);
    return tensor.dtype === 'f16' ? fromFloat16(values as Uint16Array) : Float32Array.from(values);
  }

  async function run(
    { wgsl, label, tensors, workgroups }: KernelStep,
    scratch: ReadonlyMap<Stored, GPUBuffer>,
    repeats: number,
  ): Promise<void> {
    const pipeline = await pipelines.get(wgsl, label);
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: tensors.map((tensor, binding) => ({ binding, resource: { buffer: scratch.get(tensor)! } })),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  }
}

function agree(values: Float32Array, expected: Float32Array, { dtype }: Stored): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.every((value, i) => Math.abs(value - expected[i]) <= TOLERANCES[dtype] * largest);
}
