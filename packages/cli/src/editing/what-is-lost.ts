import type { EditModelConfig } from '@rewardedit/diffusion';
import type { Tokenizer } from '@rewardedit/models';
import type { EditJob } from './edit-job.ts';
import { isReward, type Sweep } from './sweep.ts';

/** What is asked of a model. */
export type Asked = {
  readonly jobs: readonly EditJob[];
  readonly sweeps: readonly Sweep[];
  readonly scores: string;
  readonly feedback?: readonly string[] | undefined;
};

/**
 * What a model does not take of what is asked of it, as notes for its user: rewards, and the ends of long texts. Throws 'usage' where rewards
 * are swept over that it does not take.
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
      'This model takes no rewards: --scores, --feedback and --reward-guidance change nothing.',
      ...ofInstruction,
    ];
  }
  const texts = feedbackTexts(reward, await askedReward(scores, feedback));
  const length = feedbackTokens(model);
  return [...ofInstruction, ...texts.flatMap((text) => cut('the feedback', text, tokenizer, length))];
}

/** Says so where a model reads only the beginning of a text: it takes `length` tokens, its first and last included. */
function cut(what: string, text: string, tokenizer: Tokenizer, length: number): string[] {
  const [tokens, most] = [tokenizer.tokenize(text).length, length - 2];
  if (tokens <= most) return [];
  return [`Of ${what}, the model reads the first ${most} of ${tokens} tokens; the rest changes nothing.`];
}

async function nothingToSweep(name: string): Promise<Error> {
  const { RewardEditError } = await import('@rewardedit/core');
  return new RewardEditError('usage', `the model takes no rewards, so ${name} changes nothing`, {
    where: '--sweep',
    hint: 'choose a model that was trained with rewards, or sweep over a guidance, the steps or the seed',
  });
}
