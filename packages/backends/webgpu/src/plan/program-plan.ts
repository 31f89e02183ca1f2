import { sizeOf, type Program } from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits } from '../codegen/shader.ts';
import { lower } from '../lowering/lower.ts';
import { memoryNeed, type MemoryLimits } from '../memory.ts';

/** What a program is on a device, told without one. */
export interface ProgramPlan {
  readonly dispatches: number;
  /** Bytes of the state, of intermediate values, and of inputs, outputs and constants. */
  readonly stateBytes: number;
  readonly arenaBytes: number;
  readonly workspaceBytes: number;
  /** The largest single tensor, which a device has to be able to bind. */
  readonly largestTensorBytes: number;
}

/** A device to plan for. */
export interface PlannedDevice {
  readonly traits: DeviceTraits;
  readonly limits: MemoryLimits;
}

/** What Dawn says of NVIDIA's GPUs: 16-bit numbers, matrix units, and bindings of up to 2 GiB. */
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

/** Plans a program, and allocates nothing. */
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
