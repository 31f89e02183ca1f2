import type { InspectedModel, ModelPart } from '@rewardedit/models';
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
  static override summary = 'Say what a model holds and what it can do.';

  static override description = `Reads the configurations and the headers of the weights of a model folder, of a
model in Hugging Face's cache, or of one file in Stable Diffusion's own layout: the networks, their parameters block by block, the element types they are stored in, and
whether the model edits pictures and takes rewards. Weights that do not fit their configuration are named.`;

  static override examples = [
    {
      description: 'A model that was trained here',
      command: '<%= config.bin %> <%= command.id %> runs/photos/model',
    },
    {
      description: 'A download, as one JSON document',
      command:
        '<%= config.bin %> <%= command.id %> ~/.cache/huggingface/hub/models--timbrooks--instruct-pix2pix --json',
    },
  ];

  static override args = {
    model: modelArgument,
  };

  static override flags = withVariables('model inspect', { architecture: architectureFlag });

  protected async work(
    { model }: ArgumentsOf<typeof ModelInspect>,
    { architecture }: OptionsOf<typeof ModelInspect>,
  ): Promise<InspectedModel> {
    const { inspectModel } = await import('@rewardedit/models');
    const found = await inspectModel(model, { architecture });
    const { channels, space, rewards, edits, scheduler, tokens } = found;
    this.log(
      `${edits ? 'Edits pictures' : 'Makes pictures from text, and cannot edit before it is trained to'}, on ${space}; ${REWARDS[rewards]}.`,
    );
    this.log(
      `It makes ${channels.made} channels and is shown ${channels.shown}; texts have up to ${tokens} tokens; its scheduler is ${scheduler}.`,
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
