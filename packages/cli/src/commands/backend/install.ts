import { Args, Flags } from '@oclif/core';
import type { InstalledProvider } from '@rewardedit/backend-onnx';
import { examples } from '../../flags/examples.ts';
import { withVariables } from '../../flags/flags.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

export default class BackendInstall extends BaseCommand<typeof BackendInstall> {
  static override summary = 'Install a backend that is not part of the npm package.';

  static override description = `Installs ONNX Runtime's CUDA provider for NVIDIA GPUs from a wheel of onnxruntime-gpu (PyPI), which must have the version of
the installed ONNX Runtime. The files are verified against the hashes in the wheel. The wheel does not contain CUDA, cuDNN or the driver:
\`doctor --backend onnx:cuda\` reports which of them are missing.`;

  static override examples = examples({
    'From a wheel downloaded with pip download onnxruntime-gpu==1.30.0 --no-deps':
      'cuda --from onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_27_x86_64.whl',
    'Print what was installed as JSON': 'cuda --from wheels/onnxruntime_gpu.whl --json',
  });

  static override args = {
    backend: Args.string({
      description: 'Backend to install.',
      options: ['cuda'],
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = withVariables('backend install', {
    from: Flags.string({
      summary: 'Wheel of onnxruntime-gpu (.whl), as downloaded by `pip download`.',
      required: true,
      helpValue: 'WHEEL',
    }),
  });

  protected async work(
    _: ArgumentsOf<typeof BackendInstall>,
    { from }: OptionsOf<typeof BackendInstall>,
  ): Promise<InstalledProvider> {
    const { installCudaProvider } = await import('@rewardedit/backend-onnx');
    const installed = await installCudaProvider(from);
    this.log(`ONNX Runtime's CUDA provider ${installed.version} is in ${installed.folder}.`);
    this.suggestNext('doctor --backend onnx:cuda');
    return installed;
  }
}
