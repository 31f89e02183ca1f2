import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { LanguageStateSource, OpenedEditModel } from '@rewardedit/diffusion';
import type { ValuesOf } from './flags.ts';

const LANGUAGE = 'Language model of SmartEdit';

/** The options that say where the states of a language model come from that is no part of the model. */
export const stateFlags = {
  states: Flags.string({
    summary: 'Store of the states of its language model, for models that read such.',
    helpGroup: LANGUAGE,
    helpValue: 'FOLDER',
  }),
  'language-model': Flags.string({
    summary: 'Folder with an ONNX export of its language model, which computes what the store lacks.',
    helpGroup: LANGUAGE,
    helpValue: 'FOLDER',
  }),
};

export type StateOptions = ValuesOf<typeof stateFlags> & { readonly threads?: number | undefined };

/** States that are open, until they are closed. */
export interface OpenedStates {
  readonly source: LanguageStateSource | undefined;
  close(): Promise<void>;
}

const NONE: OpenedStates = { source: undefined, close: async () => undefined };

/**
 * Opens what the options name.
 *
 * @throws RewardEditError 'usage' for a language model without a store that keeps its states; 'bad-input' where the store is of another.
 */
export async function openStates(options: StateOptions): Promise<OpenedStates> {
  const { states: folder, 'language-model': model, threads } = options;
  if (folder === undefined) {
    if (model === undefined) return NONE;
    throw new RewardEditError('usage', 'what the language model computes has to be kept somewhere', {
      where: '--language-model',
      hint: 'name a folder for it: --states',
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
 * A model that reads these states.
 *
 * @throws RewardEditError where it needs some and there are none, reads none, or learned from others.
 */
export async function withStates(
  opened: OpenedEditModel,
  { source }: OpenedStates,
): Promise<OpenedEditModel> {
  const { assertStates } = await import('@rewardedit/diffusion');
  assertStates(opened.model.smartEdit, source);
  return { ...opened, load: async (backend) => ({ ...(await opened.load(backend)), states: source }) };
}
