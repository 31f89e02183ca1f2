import type { EditModelConfig } from '@rewardedit/diffusion';
import type { Tokenizer } from '@rewardedit/models';
import type { EditJob } from './edit-job.ts';
import { isReward, type Sweep } from './sweep.ts';

/** What a command asks of a model. */
export type Asked = {
  readonly jobs: readonly EditJob[];
  readonly sweeps: readonly Sweep[];
  readonly scores: string;
  readonly feedback?: readonly string[] | undefined;
};

/**
 * Notes for the user about what the model ignores: rewards, and the ends of long texts. Throws 'usage' for a sweep over rewards with a
 * model that takes none.
 */
export async function whatIsLost(
  { model, tokenizer }: { readonly model: EditModelConfig; readonly tokenizer: Tokenizer },
  { jobs, sweeps, scores, feedback = [] }: Asked,
): Promise<string[]> {
  const { feedbackTexts, feedbackTokens } = await import('@rewardedit/diffusion');
  const { askedReward } = await import('../flags/asked-reward.ts');
  const longest = jobs.reduce((a, b) => (b.instruction.length > a.instruction.length ? b : a)).instruction;
  const ofInstruction = cut('the instruction', longest, tokenizer, model.tokens);
  const { reward } = model.unet;
  if (reward === undefined) {
    const swept = sweeps.map(({ name }) => name).find(isReward);
    if (swept !== undefined) throw await nothingToSweep(swept);
    return [
      'This model takes no rewards: --scores, --feedback and --reward-guidance have no effect.',
      ...ofInstruction,
    ];
  }
  const texts = feedbackTexts(reward, await askedReward(scores, feedback));
  const length = feedbackTokens(model);
  return [...ofInstruction, ...texts.flatMap((text) => cut('the feedback', text, tokenizer, length))];
}

/** A note if the model truncates a text; `length` is in tokens, including the start and end tokens. */
function cut(what: string, text: string, tokenizer: Tokenizer, length: number): string[] {
  const [tokens, most] = [tokenizer.tokenize(text).length, length - 2];
  if (tokens <= most) return [];
  return [`The model reads only the first ${most} of ${tokens} tokens of ${what}; the rest has no effect.`];
}

async function nothingToSweep(name: string): Promise<Error> {
  const { RewardEditError } = await import('@rewardedit/core');
  return new RewardEditError('usage', `the model takes no rewards, so ${name} has no effect`, {
    where: '--sweep',
    hint: 'choose a model trained with rewards, or sweep over text-guidance, image-guidance, steps or seed',
  });
}
