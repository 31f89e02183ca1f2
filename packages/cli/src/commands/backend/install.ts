import { Args, Flags } from '@oclif/core';
import type { InstalledProvider } from '@rewardedit/backend-onnx';
import { withVariables } from '../../flags/flags.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

export default class BackendInstall extends BaseCommand<typeof BackendInstall> {
  static override summary = 'Put a backend in place that npm does not bring.';

  static override description = `For cuda, that is ONNX Runtime's provider for NVIDIA GPUs, out of the wheel of onnxruntime-gpu from PyPI, which
must be of the version that is installed here. Its files are compared with the hashes in the wheel. CUDA itself, cuDNN and the driver
are not in it: \`doctor --backend onnx:cuda\` names what is missing of them.`;

  static override examples = [
    {
      description:
        'The provider out of a wheel that was fetched with pip download onnxruntime-gpu==1.30.0 --no-deps',
      command:
        '<%= config.bin %> <%= command.id %> cuda --from onnxruntime_gpu-1.30.0-cp312-cp312-manylinux_2_27_x86_64.whl',
    },
    {
      description: 'The same, for a program that reads what was put where',
      command: '<%= config.bin %> <%= command.id %> cuda --from wheels/onnxruntime_gpu.whl --json',
    },
  ];

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
      summary: 'Wheel of onnxruntime-gpu (.whl), as `pip download` fetches it.',
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
