import { createHash } from 'node:crypto';
import { RewardEditError } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import type { SmartEditConfig } from '@rewardedit/models';

/**
 * Where the states of a language model come from that is no part of the model that is trained: a store that was filled before, or an
 * ONNX export of it. Whoever implements this computes each once.
 */
export interface LanguageStateSource {
  /** The language model, and the hash of what it is told (`templateHash`), as the states were made with. */
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

/** The hash by which a prompt is told from others. */
export function templateHash({ prompt }: { readonly prompt: string }): string {
  return createHash('sha256').update(prompt, 'utf8').digest('hex');
}

/**
 * Sees that a model is given states of a language model if it needs them, and those that it learned from.
 *
 * @throws RewardEditError 'usage' where there are none, or nothing reads them; 'bad-input' that says what is another.
 */
export function assertStates(
  smartEdit: SmartEditConfig | undefined,
  source: Pick<LanguageStateSource, 'model' | 'template'> | undefined,
): void {
  if (smartEdit?.language.kind !== 'stored') {
    if (!source) return;
    throw new RewardEditError('usage', 'the model reads no states of a language model', {
      where: '--states',
      hint: 'leave it out: it is for SmartEdit with a language model that is no part of it',
    });
  }
  const { model, prompt } = smartEdit.language;
  if (!source) {
    throw new RewardEditError('usage', 'the model reads the states of a language model, and there are none', {
      where: '--states',
      hint: `Name a store of those of ${model}; \`data states\` makes one.`,
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

/** The beginning of a hash. */
function short(hash: string): string {
  return hash.slice(0, 12);
}
