import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { LanguageStateSource, OpenedEditModel } from '@rewardedit/diffusion';
import { inGroup, type ValuesOf } from './flags.ts';

/** Where the states of SmartEdit's language model come from, if it is not part of the model. */
export const stateFlags = inGroup('SmartEdit', {
  states: Flags.string({
    summary: 'Store of language-model states, for SmartEdit models that read them.',
    helpValue: 'FOLDER',
  }),
  'language-model': Flags.string({
    summary:
      'Folder with an ONNX export of the language model, which computes the states that the store lacks.',
    helpValue: 'FOLDER',
  }),
});

export type StateOptions = ValuesOf<typeof stateFlags> & { readonly threads?: number | undefined };

/** An open source of states; undefined if the options name none. */
export interface OpenedStates {
  readonly source: LanguageStateSource | undefined;
  close(): Promise<void>;
}

const NONE: OpenedStates = { source: undefined, close: async () => undefined };

/**
 * Opens the store or the language model that the options name.
 *
 * @throws RewardEditError 'usage' for a language model without a store; 'bad-input' if the store belongs to another language model.
 */
export async function openStates(options: StateOptions): Promise<OpenedStates> {
  const { states: folder, 'language-model': model, threads } = options;
  if (folder === undefined) {
    if (model === undefined) return NONE;
    throw new RewardEditError('usage', 'the states that the language model computes need a store', {
      where: '--language-model',
      hint: 'name a folder for them: --states FOLDER',
    });
  }
  const { claimStore, computedStates, openLanguageModel, openStateStore, storedStates } =
    await import('@rewardedit/diffusion');
  if (model === undefined) {
    const source = await storedStates(await openStateStore(folder));
    return { source, close: NONE.close };
  }
  const { openForeignModel } = await import('@rewardedit/backend-onnx');
  const opened = await openLanguageModel(model, (path) =>
    openForeignModel(path, threads === undefined ? {} : { threads }),
  );
  try {
    await claimStore(folder, opened.config);
    const source = computedStates(await openStateStore(folder), opened.compute);
    return { source, close: opened.dispose };
  } catch (error) {
    await opened.dispose();
    throw error;
  }
}

/**
 * Connects a model with its states.
 *
 * @throws RewardEditError if the model needs states and there are none, reads no states, or was trained with others.
 */
export async function withStates(
  opened: OpenedEditModel,
  { source }: OpenedStates,
): Promise<OpenedEditModel> {
  const { assertStates } = await import('@rewardedit/diffusion');
  assertStates(opened.model.smartEdit, source);
  return { ...opened, load: async (backend) => ({ ...(await opened.load(backend)), states: source }) };
}
