import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import { shellWord } from '@rewardedit/core/text';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { backendFlags } from '../../flags/backend-flag.ts';
import { openStates, stateFlags } from '../../flags/state-flags.ts';
import { withVariables } from '../../flags/flags.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';

/** Number of states that a dataset needs, and how many of them are in the store. */
export interface CollectedStates {
  readonly store: string;
  readonly asked: number;
  readonly there: number;
}

export default class DataStates extends BaseCommand<typeof DataStates> {
  static override summary =
    "Compute the states of SmartEdit's language model for a dataset, or list the missing ones.";

  static override description = `A SmartEdit model may read the states of a language model that is not part of it. They depend only on the picture and the
instruction, so they are computed once and kept in a store. With an ONNX export of the language model, this command computes them.
Without one, it lists the states that the store lacks in wanted.jsonl, with the pictures as the model sees them, for
tools/language-states to compute in Python. See docs/smartedit.md for both folders.`;

  static override examples = examples({
    'List the states that training this model needs': 'data/edits --model models/smartedit --states states',
    'Compute them with an ONNX export':
      'data/edits --model models/smartedit --states states --language-model models/llava.onnx',
  });

  static override args = { dataset: requiredArgument('Dataset folder.') };

  static override flags = withVariables('data states', {
    model: Flags.string({
      summary: 'Folder of the model that reads the states.',
      required: true,
      helpValue: 'FOLDER',
    }),
    ...stateFlags,
    states: Flags.string({
      summary: 'Store of states to create or extend.',
      required: true,
      helpValue: 'FOLDER',
    }),
    size: Flags.integer({
      summary: 'Training resolution in pixels; by default the one the model was trained at.',
      min: 1,
    }),
    split: Flags.string({
      summary: 'Only triplets of this split; by default all outside test and validation splits.',
      helpValue: 'NAME',
    }),
    flips: Flags.boolean({
      summary: 'Include flipped pictures, wherever training may flip them.',
      default: true,
      allowNo: true,
    }),
    threads: backendFlags.threads,
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
    const { model } = await openEditModel(options.model);
    const { smartEdit } = model;
    if (smartEdit?.language.kind !== 'stored') {
      throw new RewardEditError('usage', 'the model does not read states of a language model', {
        where: '--model',
        hint: 'only SmartEdit models with an external language model need them; choose such a model',
      });
    }
    const size = options.size ?? trainedSide(model);
    if (size === undefined) {
      throw new RewardEditError('usage', 'the model does not record its training resolution', {
        where: '--size',
        hint: 'set the --size that you will train with',
      });
    }
    const folder = options.states;
    await claimStore(folder, storeConfigOf(smartEdit, smartEdit.language));
    const computed = options['language-model'] === undefined ? undefined : await openStates(options);
    try {
      const [store, wanted] = [await openStateStore(folder), await openWantedStates(folder)];
      const [asked, there] = [new Set<string>(), new Set<string>()];
      const phase = computed ? 'Computing states' : 'Listing states';
      await this.longWork({ phase, unit: 'triplets' }, ({ emit, signal }) =>
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
      this.log(`${asked.size} states are needed: ${there.size} are in ${folder}, ${missing} are missing.`);
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
