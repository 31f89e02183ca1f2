import { RewardEditError } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import type { SmartEditConfig } from '@rewardedit/models';

/**
 * Where the states of a language model come from that is no part of the model that is trained: a store that was filled before, or an
 * ONNX export of it. Whoever implements this computes each once.
 */
export interface LanguageStateSource {
  /** The language model and the SHA-256 of the template, as the states were made with. */
  readonly model: string;
  readonly template: string;
  /**
   * The states at the image tokens, [positions, width] flat.
   *
   * @throws RewardEditError where there are none for this picture and instruction.
   */
  statesOf(asked: AskedStates): Promise<Float32Array>;
}

/** What states are made of. */
export interface AskedStates {
  /** The square that the model sees: `seenSquare`. */
  readonly picture: Picture;
  readonly instruction: string;
}

/** What a model says of states that are made elsewhere. */
export type StoredStates = Extract<SmartEditConfig['language'], { kind: 'stored' }>;

/**
 * Sees that states are those that a model learned from.
 *
 * @throws RewardEditError 'bad-input' that says what is another.
 */
export function assertStatesOf(
  language: StoredStates,
  found: Pick<LanguageStateSource, 'model' | 'template'>,
): void {
  if (found.model === language.model && found.template === language.template) return;
  const what =
    found.model === language.model
      ? `another template (${short(found.template)} instead of ${short(language.template)})`
      : `another language model (${found.model} instead of ${language.model})`;
  throw new RewardEditError('bad-input', `the states were made with ${what}`, {
    hint: 'Fill a store with the language model and the template that the model was trained with.',
  });
}

/** The beginning of a hash. */
function short(hash: string): string {
  return hash.slice(0, 12);
}
