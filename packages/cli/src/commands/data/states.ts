import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import { requiredArgument } from '../../flags/arguments.ts';
import { stateFlags } from '../../flags/state-flags.ts';
import { withVariables } from '../../flags/flags.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

/** How many states a dataset asks for, and how many of them are there. */
export interface CollectedStates {
  readonly store: string;
  readonly asked: number;
  readonly there: number;
}

export default class DataStates extends BaseCommand<typeof DataStates> {
  static override summary =
    "Make the states of SmartEdit's language model for a dataset, or list those to make.";

  static override description = `A SmartEdit model may read the states of a language model that is no part of it. They depend on picture and
instruction alone, so that they are made once and kept in a store. With an ONNX export of the language model
they are computed here. Without one, what the store lacks is written to its list, wanted.jsonl, with the pictures as the model
sees them; tools/language-states fills it in Python. docs/smartedit.md describes both folders.`;

  static override examples = [
    {
      description: 'What is to be made for a training with this model',
      command: '<%= config.bin %> <%= command.id %> data/edits --model models/smartedit --states states',
    },
    {
      description: 'Computed by an ONNX export',
      command:
        '<%= config.bin %> <%= command.id %> data/edits --model models/smartedit --states states --language-model models/llava.onnx',
    },
  ];

  static override args = {
    dataset: requiredArgument('Dataset folder.'),
  };

  static override flags = withVariables('data states', {
    model: Flags.string({
      summary: 'Model folder that reads the states.',
      required: true,
      helpValue: 'FOLDER',
    }),
    ...stateFlags,
    states: Flags.string({
      summary: 'Store to make, or to go on with.',
      required: true,
      helpValue: 'FOLDER',
    }),
    size: Flags.integer({
      summary: 'Pixels a side that training resizes pictures to; as the model was trained by default.',
      min: 1,
    }),
    split: Flags.string({
      summary: 'Only triplets of this split; by default all but those of test and validation splits.',
      helpValue: 'NAME',
    }),
    flips: Flags.boolean({
      summary: 'Mirrored pictures too, where training may show them so.',
      default: true,
      allowNo: true,
    }),
    threads: Flags.integer({
      summary: 'Threads to compute with; as many as the machine has cores by default.',
      min: 1,
    }),
  });

  protected async work(
    { dataset }: ArgumentsOf<typeof DataStates>,
    options: OptionsOf<typeof DataStates>,
  ): Promise<CollectedStates> {
    const {
      claimStore,
      openEditModel,
      openStateStore,
      openWantedStates,
      stateKey,
      storeConfigOf,
      trainedSide,
    } = await import('@rewardedit/diffusion');
    const { visitAskedStates } = await import('@rewardedit/train');
    const { openStates } = await import('../../flags/state-flags.ts');
    const { model } = await openEditModel(options.model);
    const { smartEdit } = model;
    if (smartEdit?.language.kind !== 'stored') {
      throw new RewardEditError('usage', 'the model does not read states of a language model', {
        where: '--model',
        hint: 'states are for SmartEdit with a language model that is no part of it',
      });
    }
    const size = options.size ?? trainedSide(model);
    if (size === undefined) {
      throw new RewardEditError('usage', 'the model does not say what size it was trained on', {
        where: '--size',
        hint: 'give the size that you will train with',
      });
    }
    const folder = options.states;
    await claimStore(folder, storeConfigOf(smartEdit, smartEdit.language));
    const computed = options['language-model'] === undefined ? undefined : await openStates(options);
    try {
      const [store, wanted] = [await openStateStore(folder), await openWantedStates(folder)];
      const [asked, there] = [new Set<string>(), new Set<string>()];
      const phase = computed ? 'Computing states' : 'Listing states';
      await this.longWork({ phase, unit: 'triplets' }, (emit, signal) =>
        visitAskedStates(dataset, smartEdit, {
          ...{ size, flips: options.flips, split: options.split, signal, emit },
          visit: async (each) => {
            const key = stateKey(each);
            asked.add(key);
            if (store.has(key)) there.add(key);
            else if (computed?.source) {
              await computed.source.statesOf(each);
              there.add(key);
            } else await wanted.add(each);
          },
        }),
      );
      const missing = asked.size - there.size;
      this.log(
        `${asked.size} states are asked for; ${there.size} are in ${folder}, ${missing} are to be made.`,
      );
      if (missing === 0) {
        this.suggestNext(
          `train ${shellWord(dataset)} --init ${shellWord(options.model)} --states ${shellWord(folder)} --out runs/smartedit`,
        );
      }
      return { store: folder, asked: asked.size, there: there.size };
    } finally {
      await computed?.close();
    }
  }
}
