import type { InspectedModel, ModelPart } from '@rewardedit/models';
import { examples } from '../../flags/examples.ts';
import { modelArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { withVariables } from '../../flags/flags.ts';
import { architectureFlag } from '../../flags/weights-flags.ts';
import { formatTable } from '../../output/table.ts';

const TITLES: Readonly<Record<ModelPart, string>> = {
  unet: 'U-Net',
  textEncoder: 'text encoder',
  autoencoder: 'autoencoder',
  smartEdit: 'SmartEdit',
};
const REWARDS: Readonly<Record<InspectedModel['rewards'], string>> = {
  none: 'takes no rewards',
  published: 'takes rewards as the published checkpoints do',
  own: 'takes rewards',
};

export default class ModelInspect extends BaseCommand<typeof ModelInspect> {
  static override summary = 'Show what a model contains and what it can do.';

  static override description = `Reads the configurations and the weight headers of a model folder, of a model in Hugging Face's cache, or of a single file in Stable
Diffusion's own layout. Prints the networks, their parameter counts per block, the element types of their weights, and whether the model
edits pictures and takes rewards. Weights that do not match their configuration are reported.`;

  static override examples = examples({
    'A trained model': 'runs/photos/model',
    'A downloaded model, as JSON': '~/.cache/huggingface/hub/models--timbrooks--instruct-pix2pix --json',
  });

  static override args = { model: modelArgument };

  static override flags = withVariables('model inspect', { architecture: architectureFlag });

  protected async work(
    { model }: ArgumentsOf<typeof ModelInspect>,
    { architecture }: OptionsOf<typeof ModelInspect>,
  ): Promise<InspectedModel> {
    const { inspectModel } = await import('@rewardedit/models');
    const found = await inspectModel(model, { architecture });
    const { channels, space, rewards, edits, scheduler, tokens } = found;
    this.log(
      `${edits ? 'Edits pictures' : 'Generates pictures from text, and has to be trained before it can edit'}, on ${space}; ${REWARDS[rewards]}.`,
    );
    this.log(
      `Channels: ${channels.shown} in, ${channels.made} out. Longest text: ${tokens} tokens. Scheduler: ${scheduler}.`,
    );
    const components = Object.entries(found.components) as [
      ModelPart,
      (typeof found.components)[ModelPart],
    ][];
    const rows = components.flatMap(([name, component]) => {
      if (!component) return [];
      const types = Object.entries(component.types).map(([type, count]) => `${count} ${type}`);
      return [
        [TITLES[name], component.parameters.toLocaleString('en'), types.join(', ')],
        ...Object.entries(component.blocks).map(([block, count]) => [
          `  ${block}`,
          count.toLocaleString('en'),
          '',
        ]),
      ];
    });
    this.log('');
    this.log(formatTable(['', 'parameters', 'tensors'], rows));
    return found;
  }
}
