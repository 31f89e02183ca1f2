import { sizeOf, type Program } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits } from '../codegen/shader.ts';
import { lower } from '../lowering/lower.ts';
import { memoryNeed, type MemoryLimits } from '../memory.ts';

/** The cost of a program on a device, computed without one. */
export interface ProgramPlan {
  readonly dispatches: number;
  /** Bytes of the state, of the arena, and of inputs, outputs and constants. */
  readonly stateBytes: number;
  readonly arenaBytes: number;
  readonly workspaceBytes: number;
  /** The largest tensor, which the device must be able to bind. */
  readonly largestTensorBytes: number;
}

/** A device to plan for. */
export interface PlannedDevice {
  readonly traits: DeviceTraits;
  readonly limits: MemoryLimits;
}

/** Dawn's report for NVIDIA GPUs: f16, subgroup matrices, and bindings of up to 2 GiB. */
export const LARGE_GPU: PlannedDevice = {
  traits: {
    halves: true,
    software: false,
    maxStorageBuffers: 16,
    workgroupMemory: 49152,
    matrices: { order: 'template', subgroup: 32 },
  },
  limits: { minStorageBufferOffsetAlignment: 256, maxBufferSize: 2 ** 31 - 4 },
};

/** Plans a program without allocating anything. */
export function planProgram(program: Program, { traits, limits }: PlannedDevice = LARGE_GPU): ProgramPlan {
  const kernels = lower(program, traits);
  const need = memoryNeed(
    { states: [program.state], programs: [{ program }] },
    { traits, limits, kernelsOf: () => kernels },
  );
  const { steps } = kernels;
  const tensors = steps.flatMap((step) => step.tensors);
  return {
    dispatches: steps.length,
    stateBytes: need.state,
    arenaBytes: need.activations,
    workspaceBytes: need.workspace,
    largestTensorBytes: tensors.reduce(
      (most, { shape, dtype }) => Math.max(most, sizeOf(shape) * bytesPerElement(dtype, traits)),
      0,
    ),
  };
}
