import type { SuitedSliders } from '@rewardedit/tui';
import type { DrawOptions } from '../flags/draw-flags.ts';
import type { WeightsOptions } from '../flags/weights-flags.ts';

type Options = Omit<DrawOptions, 'seed' | 'scores'> & Pick<WeightsOptions, 'architecture'>;

/** Initial values of the sliders: from the command line, otherwise the defaults of the model, or of this project's small models if none is chosen. */
export async function suitedSliders(model: string | undefined, options: Options): Promise<SuitedSliders> {
  const { defaultEditSettings, editModelConfig, parseSchedulerConfig, pixelSpace } =
    await import('@rewardedit/diffusion');
  const { openModel } = await import('@rewardedit/models');
  const { architecture } = options;
  const defaults = defaultEditSettings(
    model === undefined
      ? { space: pixelSpace(1), scheduler: parseSchedulerConfig({}) }
      : editModelConfig(await openModel(model, { architecture })),
  );
  return {
    steps: options.steps ?? defaults.steps,
    textGuidance: options['text-guidance'] ?? defaults.textScale,
    imageGuidance: options['image-guidance'] ?? defaults.imageScale,
    rewardGuidance: options['reward-guidance'] ?? defaults.rewardScale,
  };
}
