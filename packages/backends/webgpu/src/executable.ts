import { RewardEditError } from '@rewardedit/core';
import { sizeOf, type Program, type TensorData } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits, type KernelStep } from './codegen/shader.ts';
import type { Stored } from './codegen/stored.ts';
import { alignedBytes, MAP_READ, storageBuffer, USAGE } from './device/buffers.ts';
import type { Pipelines } from './device/pipelines.ts';
import { fromDevice, toDevice } from './device/transfer.ts';
import type { Lowered } from './lowering/lower.ts';
import { layOut } from './plan/arena.ts';
import { lifetimesOf } from './plan/lifetimes.ts';
import type { DeviceState } from './state.ts';

/** A program on the device: everything is made, a run only replays it. */
export interface DeviceExecutable {
  readonly arenaBytes: number;
  readonly dispatches: number;
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  dispose(): void;
}

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** So many dispatches are handed over at a time: the device begins while the next are being written down. */
const DISPATCHES_PER_SUBMIT = 64;

export async function createDeviceExecutable(
  { device, pipelines, traits }: { device: GPUDevice; pipelines: Pipelines; traits: DeviceTraits },
  { steps, inputs, outputs }: Lowered,
  state: DeviceState,
): Promise<DeviceExecutable> {
  const owned: GPUBuffer[] = [];
  const bytesOf = ({ shape, dtype }: Stored) => sizeOf(shape) * bytesPerElement(dtype, traits);
  const own = (bytes: number, label: string) => {
    const buffer = storageBuffer(device, bytes, label);
    owned.push(buffer);
    return buffer;
  };

  const lifetimes = [...lifetimesOf(steps)];
  const arena = layOut(
    lifetimes.map(([tensor, { first, last }]) => ({ bytes: alignedBytes(bytesOf(tensor)), first, last })),
    { alignment: device.limits.minStorageBufferOffsetAlignment, maxSegment: device.limits.maxBufferSize },
  );
  const segments = arena.segments.map((bytes, i) => own(bytes, `arena ${i}`));
  const bindings = new Map<Stored, GPUBufferBinding>();
  lifetimes.forEach(([tensor], i) => {
    const { segment, offset } = arena.placements[i];
    bindings.set(tensor, { buffer: segments[segment], offset, size: alignedBytes(bytesOf(tensor)) });
  });
  function bindingOf(tensor: Stored): GPUBufferBinding {
    const known = bindings.get(tensor);
    if (known) return known;
    const { place } = tensor;
    const buffer = place.kind === 'state' ? state.buffer(place.name) : own(bytesOf(tensor), place.kind);
    if (place.kind === 'constant')
      device.queue.writeBuffer(buffer, 0, toDevice(place.values, tensor, traits.halves));
    const made = { buffer };
    bindings.set(tensor, made);
    return made;
  }

  async function prepare({ wgsl, label, tensors, workgroups }: KernelStep): Promise<Dispatch> {
    const pipeline = await pipelines.get(wgsl, label);
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: tensors.map((tensor, binding) => ({ binding, resource: bindingOf(tensor) })),
    });
    return { pipeline, bindGroup, workgroups };
  }
  const dispatches = await Promise.all(steps.map(prepare));

  // Outputs are read back in one piece.
  const results: { name: string; tensor: Stored; offset: number; bytes: number }[] = [];
  let resultBytes = 0;
  for (const [name, tensor] of Object.entries(outputs)) {
    results.push({ name, tensor, offset: resultBytes, bytes: bytesOf(tensor) });
    resultBytes += alignedBytes(bytesOf(tensor));
  }
  const staging =
    resultBytes > 0
      ? device.createBuffer({ size: resultBytes, usage: USAGE.mapRead | USAGE.copyTarget })
      : undefined;
  if (staging) owned.push(staging);
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
    if (last && staging) {
      for (const { tensor, offset, bytes } of results)
        encoder.copyBufferToBuffer(bindingOf(tensor).buffer, 0, staging, offset, alignedBytes(bytes));
    }
    device.queue.submit([encoder.finish()]);
  }

  return {
    arenaBytes: arena.segments.reduce((total, bytes) => total + bytes, 0),
    dispatches: dispatches.length,
    run: async (given) => {
      if (disposed) throw new RewardEditError('failed', 'The program was disposed of.');
      for (const [name, tensor] of Object.entries(inputs))
        device.queue.writeBuffer(bindingOf(tensor).buffer, 0, toDevice(given[name], tensor, traits.halves));
      for (let start = 0; start === 0 || start < dispatches.length; start += DISPATCHES_PER_SUBMIT) {
        const end = start + DISPATCHES_PER_SUBMIT;
        submit(dispatches.slice(start, end), end >= dispatches.length);
      }
      if (!staging) {
        await device.queue.onSubmittedWorkDone();
        return {};
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
      for (const buffer of owned) buffer.destroy();
    },
  };
}

/** What a run is given: everything the program names, in its size and type. */
export function checkInputs(program: Program, inputs: Readonly<Record<string, TensorData>>): void {
  for (const [name, { shape, dtype }] of Object.entries(program.inputs)) {
    const values = inputs[name];
    if (!values) throw new RewardEditError('bad-input', `The program's input "${name}" was not given.`);
    if (values.length !== sizeOf(shape)) {
      const message = `The program's input "${name}" has ${sizeOf(shape)} values, not ${values.length}.`;
      throw new RewardEditError('bad-input', message);
    }
    if ((dtype === 'i32') !== values instanceof Int32Array) {
      const message = `The program's input "${name}" holds ${dtype}, and was given another type.`;
      throw new RewardEditError('bad-input', message);
    }
  }
}
