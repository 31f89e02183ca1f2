import type { WebGpuBackend } from '@rewardedit/backend-webgpu';
import type { Backend, Executable, TensorData } from '@rewardedit/graph';
import type { GpuResult } from './gpu-result.ts';
import { describeProfile } from './profile-table.ts';

/** What takes the profile of a program, where its backend can. */
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
