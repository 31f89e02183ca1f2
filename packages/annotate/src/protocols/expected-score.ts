import type { ReplyToken } from '../language-model/api/chat.ts';

/** If less probability than this falls on valid scores, the alternatives say too little. */
const LEAST_MASS = 0.5;

/**
 * Returns the expected value of a score over the alternatives to the token that the model wrote: finer than the score itself, and a better
 * judge (Liu et al., "G-Eval", section 2.3). If a number takes several tokens, the alternatives to the last one count, after the digits
 * before it.
 *
 * @param at the position of the number in the text that the tokens form, in characters.
 * @param written the number as it is written there.
 * @returns undefined if the tokens do not say.
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
      // What precedes the number in the same token, such as a space, must precede it in the alternatives.
      const before = token.slice(0, Math.max(0, at - start));
      const digits = written.slice(0, Math.max(0, start - at));
      return expectation(numbersIn(alternatives, before, digits), written, highest);
    }
    start = tokenEnd;
  }
  return undefined;
}

type Alternative = { readonly digits: string; readonly probability: number };

/** Returns the numbers that the alternatives to a token would have formed with the digits before it. */
function numbersIn(
  alternatives: ReplyToken['alternatives'],
  before: string,
  digitsBefore: string,
): Alternative[] {
  return alternatives.flatMap(({ token, logprob }) => {
    if (!token.startsWith(before)) return [];
    // What follows the number in the same token is not part of it.
    const [more] = /^\d*/.exec(token.slice(before.length))!;
    const digits = digitsBefore + more;
    if (digits === '' || (digits.length > 1 && digits.startsWith('0'))) return [];
    return [{ digits, probability: Math.exp(Math.min(logprob, 0)) }];
  });
}

function expectation(numbers: readonly Alternative[], written: string, highest: number): number | undefined {
  // A tokenizer with one token per digit never shows a longer number here, so a digit that could have continued says nothing.
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
