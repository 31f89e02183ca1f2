import type { WebGpuBackend } from '@rewardedit/backend-webgpu';
import type { Backend, Executable, TensorData } from '@rewardedit/graph';
import type { GpuResult } from './gpu-result.ts';
import { describeProfile } from './profile-table.ts';

/** Returns a function that profiles a program, if its backend can. */
export function inspector(
  backend: Backend,
  executable: Executable,
  inputs: () => Record<string, TensorData>,
): (() => Promise<GpuResult>) | undefined {
  if (!tellsProfiles(backend)) return undefined;
  return async () => describeProfile(await backend.profile(executable, inputs()), await backend.ceilings());
}

function tellsProfiles(backend: Backend): backend is WebGpuBackend {
  return 'profile' in backend && 'ceilings' in backend;
}
