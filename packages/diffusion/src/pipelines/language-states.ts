import { createHash } from 'node:crypto';
import { RewardEditError } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import type { SmartEditConfig } from '@rewardedit/models';

/** Source of the states of an external language model: a store that was filled earlier, or an ONNX export of the model. Computes each state once. */
export interface LanguageStateSource {
  /** The language model, and the hash of its prompt template (`templateHash`), that the states were made with. */
  readonly model: string;
  readonly template: string;
  /**
   * Returns the states at the image tokens, [positions, width] flat.
   *
   * @throws RewardEditError if there are none for this picture and instruction.
   */
  statesOf(asked: AskedStates): Promise<Float32Array>;
}

/** The input that states are computed from. */
export interface AskedStates {
  /** The square picture that the language model sees: `seenSquare`. */
  readonly picture: Picture;
  readonly instruction: string;
}

/** A model's configuration of external states. */
export type StoredStates = Extract<SmartEditConfig['language'], { kind: 'stored' }>;

/** Returns the hash that identifies a prompt template. */
export function templateHash({ prompt }: { readonly prompt: string }): string {
  return createHash('sha256').update(prompt, 'utf8').digest('hex');
}

/**
 * Checks that a model has the states of a language model if it needs them, and of the one it was trained with.
 *
 * @throws RewardEditError 'usage' if they are missing, or given to a model that does not read them; 'bad-input' if they are of another
 * language model or template.
 */
export function assertStates(
  smartEdit: SmartEditConfig | undefined,
  source: Pick<LanguageStateSource, 'model' | 'template'> | undefined,
): void {
  if (smartEdit?.language.kind !== 'stored') {
    if (!source) return;
    throw new RewardEditError('usage', 'the model does not read states of a language model', {
      where: '--states',
      hint: 'leave it out: it is for SmartEdit with an external language model',
    });
  }
  const { model, prompt } = smartEdit.language;
  if (!source) {
    throw new RewardEditError('usage', 'the model needs the states of a language model, but none are given', {
      where: '--states',
      hint: `Name a store of states of ${model}; \`data states\` makes one.`,
    });
  }
  const template = templateHash({ prompt });
  if (source.model === model && source.template === template) return;
  const what =
    source.model === model
      ? `another template (${short(source.template)} instead of ${short(template)})`
      : `another language model (${source.model} instead of ${model})`;
  throw new RewardEditError('bad-input', `the states were made with ${what}`, {
    hint: 'Fill a store with the language model and the template that the model was trained with.',
  });
}

/** The first digits of a hash. */
function short(hash: string): string {
  return hash.slice(0, 12);
}
