import { sizeOf, type MemoryNeed, type MemoryPlan, type Program, type TensorSpec } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits } from './codegen/shader.ts';
import { alignedBytes } from './device/buffers.ts';
import type { Lowered } from './lowering/lower.ts';
import { layOutSteps } from './plan/lifetimes.ts';

/** Device limits that affect memory. */
export type MemoryLimits = Pick<GPUSupportedLimits, 'minStorageBufferOffsetAlignment' | 'maxBufferSize'>;

/** A device, and the lowering of programs for it. */
export interface MemoryOn {
  readonly traits: DeviceTraits;
  readonly limits: MemoryLimits;
  kernelsOf(program: Program): Lowered;
}

/**
 * The memory of states and programs on a device: exactly the buffers that would be created. Constants share
 * the state's buffers until an entry is written.
 */
export function memoryNeed(
  { states, programs }: MemoryPlan,
  { traits, limits, kernelsOf }: MemoryOn,
): MemoryNeed {
  const bytesOf = ({ shape, dtype }: TensorSpec) =>
    alignedBytes(sizeOf(shape) * bytesPerElement(dtype, traits));
  const total = (specs: Iterable<TensorSpec>) => [...specs].reduce((sum, spec) => sum + bytesOf(spec), 0);
  const parts = programs.map(({ program }) => {
    const { steps, inputs, outputs } = kernelsOf(program);
    const { arena } = layOutSteps(steps, traits, limits);
    const results = total(Object.values(outputs));
    const constants = new Set(
      steps.flatMap(({ tensors }) => tensors.filter(({ place }) => place.kind === 'constant')),
    );
    return {
      activations: arena.segments.reduce((sum, bytes) => sum + bytes, 0),
      // Results are stored twice: on the device and in the staging buffer.
      workspace: total(Object.values(inputs)) + total(constants) + 2 * results,
    };
  });
  return {
    state: states.reduce((sum, specs) => sum + total(Object.values(specs)), 0),
    frozen: 0,
    activations: parts.reduce((sum, { activations }) => sum + activations, 0),
    workspace: parts.reduce((sum, { workspace }) => sum + workspace, 0),
  };
}
