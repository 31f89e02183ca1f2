import type { ReplyToken } from '../language-model/chat.ts';

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
      return expectation(alternatives, before, digits, highest);
    }
    start = tokenEnd;
  }
  return undefined;
}

function expectation(
  alternatives: ReplyToken['alternatives'],
  before: string,
  digits: string,
  highest: number,
): number | undefined {
  let [mass, sum] = [0, 0];
  for (const { token, logprob } of alternatives) {
    if (!token.startsWith(before)) continue;
    // What follows the number in the same token does not belong to it.
    const [more] = /^\d*/.exec(token.slice(before.length))!;
    const text = digits + more;
    if (text === '' || Number(text) > highest || (text.length > 1 && text.startsWith('0'))) continue;
    const probability = Math.exp(logprob);
    mass += probability;
    sum += probability * Number(text);
  }
  return mass < LEAST_MASS ? undefined : sum / mass;
}
