import { RewardEditError } from '@rewardedit/core/errors';
import { formatShape, sizeOf, type TensorData } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits, type KernelStep } from './codegen/shader.ts';
import type { Stored } from './codegen/stored.ts';
import { alignedBytes, MAP_READ, storageBuffer, USAGE } from './device/buffers.ts';
import type { Entry, Hold } from './device/entry.ts';
import type { Pipelines } from './device/pipelines.ts';
import { timeDispatches, type TimedDispatch } from './device/time-dispatches.ts';
import { fromDevice, toDevice } from './device/transfer.ts';
import type { Lowered } from './lowering/lower.ts';
import { assertFits, type Room } from './plan/fits.ts';
import { layOutSteps } from './plan/lifetimes.ts';
import type { Profile } from './profile.ts';
import type { Tuner } from './tuning/tuner.ts';

/** A program on the device: buffers and pipelines are ready, and a run replays the dispatches. */
export interface DeviceExecutable {
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  /** Runs once and measures the time of each kernel. Updates are stored as in any run. */
  profile(inputs: Readonly<Record<string, TensorData>>): Promise<Profile>;
  dispose(): void;
}

/** The device that programs run on. */
export interface ExecutableDevice {
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly traits: DeviceTraits;
  readonly tuner?: Tuner | undefined;
  /** Bytes that are free at the moment. */
  availableMemory(): number;
}

interface Dispatch extends TimedDispatch {
  readonly step: KernelStep;
  readonly pipeline: GPUComputePipeline;
  readonly tensors: readonly Stored[];
  readonly workgroups: readonly [number, number, number];
  bindGroup: GPUBindGroup;
}

function assertProgramFits(steps: readonly KernelStep[], room: Room, traits: DeviceTraits): void {
  const { arena } = layOutSteps(steps, traits, room.limits);
  const sizes = steps.flatMap(({ label, tensors }) =>
    tensors.map(({ shape, dtype }) => ({
      name: `${formatShape(shape)} of ${label}`,
      bytes: sizeOf(shape) * bytesPerElement(dtype, traits),
    })),
  );
  const total = arena.segments.reduce((sum, bytes) => sum + bytes, 0);
  assertFits('The program', sizes, total, room);
}

/** Dispatches per submit: the device starts on them while the next ones are encoded. */
const DISPATCHES_PER_SUBMIT = 64;

/**
 * @param entries the state entries of the program, by its names for them.
 * @param frozen entries whose current values are constants.
 */
export async function createDeviceExecutable(
  { device, pipelines, traits, tuner, availableMemory }: ExecutableDevice,
  { steps: lowered, inputs, outputs, updated }: Lowered,
  entries: Readonly<Record<string, Entry>>,
  frozen: ReadonlySet<string>,
): Promise<DeviceExecutable> {
  assertProgramFits(lowered, { limits: device.limits, available: availableMemory() }, traits);
  const steps: KernelStep[] = [];
  // One after another, because they are timed.
  for (const step of lowered) steps.push(tuner ? await tuner.choose(step) : step);
  const owned: GPUBuffer[] = [];
  const bytesOf = ({ shape, dtype }: Stored) => sizeOf(shape) * bytesPerElement(dtype, traits);
  const own = (bytes: number, label: string) => {
    const buffer = storageBuffer(device, bytes, label);
    owned.push(buffer);
    return buffer;
  };
  const dispatches: Dispatch[] = [];
  const holds = new Map<string, Hold>(
    [...frozen].map((name) => [name, entries[name].hold(() => bindAgain(name))]),
  );

  const { arena, placements } = layOutSteps(steps, traits, device.limits);
  const segments = arena.segments.map((bytes, i) => own(bytes, `arena ${i}`));
  const made = new Map<Stored, GPUBuffer>();

  function bufferOf(tensor: Stored): GPUBuffer {
    const { place } = tensor;
    if (place.kind === 'state') return holds.get(place.name)?.buffer() ?? entries[place.name].buffer();
    const known = made.get(tensor);
    if (known) return known;
    const buffer = own(bytesOf(tensor), place.kind);
    if (place.kind === 'constant')
      device.queue.writeBuffer(buffer, 0, toDevice(place.values, tensor, traits.halves));
    made.set(tensor, buffer);
    return buffer;
  }

  function bindingOf(tensor: Stored): GPUBufferBinding {
    const size = alignedBytes(bytesOf(tensor));
    const placed = placements.get(tensor);
    if (placed) return { buffer: segments[placed.segment], offset: placed.offset, size };
    return { buffer: bufferOf(tensor), size };
  }

  function bind(pipeline: GPUComputePipeline, tensors: readonly Stored[]): GPUBindGroup {
    return device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: tensors.map((tensor, binding) => ({ binding, resource: bindingOf(tensor) })),
    });
  }

  function bindAgain(name: string): void {
    for (const dispatch of dispatches) {
      const { pipeline, tensors } = dispatch;
      if (tensors.some(({ place }) => place.kind === 'state' && place.name === name))
        dispatch.bindGroup = bind(pipeline, tensors);
    }
  }

  async function prepare(step: KernelStep): Promise<Dispatch> {
    const { wgsl, label, tensors, workgroups } = step;
    const pipeline = await pipelines.get(wgsl, label);
    return { step, pipeline, tensors, workgroups, bindGroup: bind(pipeline, tensors) };
  }
  dispatches.push(...(await Promise.all(steps.map(prepare))));

  // All results are read back through one staging buffer.
  const results: { name: string; tensor: Stored; offset: number; bytes: number }[] = [];
  let resultBytes = 0;
  for (const [name, tensor] of Object.entries(outputs)) {
    results.push({ name, tensor, offset: resultBytes, bytes: bytesOf(tensor) });
    resultBytes += alignedBytes(bytesOf(tensor));
  }
  const staging = device.createBuffer({
    label: 'results',
    size: alignedBytes(resultBytes),
    usage: USAGE.mapRead | USAGE.copyTarget,
  });
  owned.push(staging);
  let disposed = false;

  function submit(part: readonly Dispatch[], last: boolean): void {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, bindGroup, workgroups } of part) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    if (last) {
      for (const { tensor, offset, bytes } of results)
        encoder.copyBufferToBuffer(bufferOf(tensor), 0, staging, offset, alignedBytes(bytes));
    }
    device.queue.submit([encoder.finish()]);
  }

  function begin(given: Readonly<Record<string, TensorData>>): void {
    if (disposed) throw new RewardEditError('failed', 'The program was disposed of.');
    for (const [name, entry] of Object.entries(entries)) {
      if (!holds.has(name)) entry.buffer();
      if (updated.has(name)) entry.beforeChange();
    }
    for (const [name, tensor] of Object.entries(inputs))
      device.queue.writeBuffer(bufferOf(tensor), 0, toDevice(given[name], tensor, traits.halves));
  }

  return {
    profile: async (given) => {
      begin(given);
      const { seconds, clock } = await timeDispatches(device, dispatches);
      const kernels = dispatches.map(({ step: { label, body, operations }, tensors }, i) => ({
        label,
        body,
        operations,
        seconds: seconds[i],
        bytes: tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0),
      }));
      return { clock, kernels, arenaBytes: arena.segments.reduce((sum, bytes) => sum + bytes, 0) };
    },
    run: async (given) => {
      begin(given);
      for (let start = 0; start === 0 || start < dispatches.length; start += DISPATCHES_PER_SUBMIT) {
        const end = start + DISPATCHES_PER_SUBMIT;
        submit(dispatches.slice(start, end), end >= dispatches.length);
      }
      await staging.mapAsync(MAP_READ);
      const mapped = staging.getMappedRange();
      const values = results.map(({ name, tensor, offset, bytes }) => [
        name,
        fromDevice(mapped.slice(offset, offset + bytes), tensor, traits.halves),
      ]);
      staging.unmap();
      return Object.fromEntries(values) as Record<string, TensorData>;
    },
    dispose: () => {
      disposed = true;
      for (const hold of holds.values()) hold.release();
      for (const buffer of owned) buffer.destroy();
    },
  };
}
