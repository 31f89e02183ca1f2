import type { ReplyToken } from '../language-model/api/chat.ts';

/** Below this share of probability on numbers that are scores, the alternatives say too little. */
const LEAST_MASS = 0.5;

/**
 * The expected value of a score over the alternatives that the model gave to the token it wrote: finer than the score itself, and
 * the better judge (Liu et al., "G-Eval", section 2.3). Where a number takes several tokens, the alternatives to its last one
 * count, after the digits before it.
 *
 * @param at is where the number stands in the text that the tokens make up, in characters.
 * @param written is the number as it stands there.
 * @returns undefined where the tokens do not say.
 */
export function expectedScore(
  tokens: readonly ReplyToken[],
  at: number,
  written: string,
  highest: number,
): number | undefined {
  const end = at + written.length;
  let start = 0;
  for (const { token, alternatives } of tokens) {
    const tokenEnd = start + token.length;
    if (tokenEnd >= end && start < end) {
      // What stands before the number in the same token, such as a space, has to stand in the alternatives too.
      const before = token.slice(0, Math.max(0, at - start));
      const digits = written.slice(0, Math.max(0, start - at));
      return expectation(numbersIn(alternatives, before, digits), written, highest);
    }
    start = tokenEnd;
  }
  return undefined;
}

type Alternative = { readonly digits: string; readonly probability: number };

/** The numbers that the alternatives to a token would have made of what stands before it. */
function numbersIn(
  alternatives: ReplyToken['alternatives'],
  before: string,
  digitsBefore: string,
): Alternative[] {
  return alternatives.flatMap(({ token, logprob }) => {
    if (!token.startsWith(before)) return [];
    // What follows the number in the same token does not belong to it.
    const [more] = /^\d*/.exec(token.slice(before.length))!;
    const digits = digitsBefore + more;
    if (digits === '' || (digits.length > 1 && digits.startsWith('0'))) return [];
    return [{ digits, probability: Math.exp(Math.min(logprob, 0)) }];
  });
}

function expectation(numbers: readonly Alternative[], written: string, highest: number): number | undefined {
  // A tokenizer with a token for each digit never shows a longer number here; then one that may have gone on says nothing.
  const splitsNumbers = written.length === 1 && numbers.every(({ digits }) => digits.length === 1);
  const mayGoOn = (digits: string) =>
    splitsNumbers && digits !== written && digits !== '0' && Number(digits) * 10 <= highest;
  let [mass, sum] = [0, 0];
  for (const { digits, probability } of numbers) {
    if (Number(digits) > highest || mayGoOn(digits)) continue;
    mass += probability;
    sum += probability * Number(digits);
  }
  return mass < LEAST_MASS ? undefined : sum / mass;
}
