import {
  activationBytes,
  bytesOf,
  bytesOfStates,
  frozenEntries,
  type MemoryNeed,
  type MemoryPlan,
} from '@rewardedit/graph';

/**
 * What states and programs take up in ONNX Runtime. Each session keeps the memory of its activations from run to
 * run, so that those of all programs add up.
 */
export function memoryNeed({ states, programs }: MemoryPlan): MemoryNeed {
  const need = { state: bytesOfStates(states), frozen: 0, activations: 0, workspace: 0 };
  for (const { program, freeze } of programs) {
    for (const name of frozenEntries(program, freeze)) need.frozen += bytesOf(program.state[name]);
    need.activations += activationBytes(program);
  }
  return need;
}
