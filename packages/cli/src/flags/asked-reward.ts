import { RewardEditError } from '@rewardedit/core/errors';
import type { Perspective, Reward } from '@rewardedit/core';
import { withSuggestions } from '../errors/failure.ts';
import { suggestionsFor } from '../errors/suggestions.ts';

/** Stands for a score that is left out. */
const NONE = '-';

/**
 * Parses the reward to ask a model for: `scores` such as "5,5,5" (following, preserving, quality; "-" leaves one out) and
 * `feedback` such as "preserving=the background has changed".
 *
 * @throws RewardEditError 'usage' for anything else.
 */
export async function askedReward(scores: string, feedback: readonly string[]): Promise<Reward> {
  const { HIGHEST_SCORE, NOTHING_FAILED, PERSPECTIVES } = await import('@rewardedit/core');
  const parts = scores.split(',').map((part) => part.trim());
  const values = parts.map((part) => (part === '' ? Number.NaN : Number(part)));
  const fits = parts.every((part, i) => part === NONE || (values[i] >= 0 && values[i] <= HIGHEST_SCORE));
  if (parts.length !== PERSPECTIVES.length || !fits) {
    throw new RewardEditError('usage', `expected three scores but received: ${scores}`, {
      where: '--scores',
      hint: `give ${PERSPECTIVES.join(', ')}, each from 0 to ${HIGHEST_SCORE}, or "${NONE}" to leave one out, such as 5,5,5`,
    });
  }
  const asked: Partial<Record<Perspective, number>> = {};
  for (const [i, perspective] of PERSPECTIVES.entries())
    if (parts[i] !== NONE) asked[perspective] = values[i];

  // In training, the highest score came with this feedback.
  const best = PERSPECTIVES.filter((perspective) => asked[perspective] === HIGHEST_SCORE);
  const texts: Partial<Record<Perspective, string>> = Object.fromEntries(
    best.map((perspective) => [perspective, NOTHING_FAILED]),
  );
  for (const one of feedback) {
    const [name, ...text] = one.split('=');
    const perspective = PERSPECTIVES.find((known) => known === name);
    if (perspective === undefined || text.length === 0) {
      const error = new RewardEditError('usage', `expected a perspective and a text but received: ${one}`, {
        where: '--feedback',
        hint: `write PERSPECTIVE=TEXT, where PERSPECTIVE is one of: ${PERSPECTIVES.join(', ')}`,
      });
      throw withSuggestions(error, suggestionsFor(name, PERSPECTIVES));
    }
    texts[perspective] = text.join('=');
  }
  return { scores: asked, feedback: texts };
}
