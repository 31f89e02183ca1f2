import { planProgram, type ProgramPlan } from '@rewardedit/backend-webgpu';
import type { Precision } from '@rewardedit/diffusion';
import { NETS, type NetName } from './nets.ts';
import { netProgram, type Part } from './timed-net.ts';

export interface NetPlan extends ProgramPlan {
  readonly name: string;
  /** Total bytes. */
  readonly bytes: number;
}

/** Plans U-Nets for a GPU without having one: dispatches, and bytes of memory. */
export function planNets(nets: readonly NetName[], precision: Precision): NetPlan[] {
  return nets.flatMap((net) =>
    (['forward', 'train'] as const).map((part: Part): NetPlan => {
      const plan = planProgram(netProgram(NETS[net], { part, precision }).built);
      const bytes = plan.stateBytes + plan.arenaBytes + plan.workspaceBytes;
      return { name: `${net}, batch ${NETS[net].batch}, ${precision}, ${part}`, ...plan, bytes };
    }),
  );
}

export function formatPlan({
  name,
  dispatches,
  bytes,
  stateBytes,
  arenaBytes,
  largestTensorBytes,
}: NetPlan): string {
  const amounts = [
    `${dispatches} dispatches`,
    `${gibibytes(bytes)} in total`,
    `${gibibytes(stateBytes)} of state`,
    `${gibibytes(arenaBytes)} of arena`,
    `${gibibytes(largestTensorBytes)} for the largest tensor`,
  ];
  return `${name}: ${amounts.join(', ')}`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
