import type { ChatRequest, Usage } from '../api/chat.ts';

export type TokenRange = { readonly low: number; readonly high: number };

/** The tokens that a picture of this size takes, as far as they are known. */
export type PictureTokens = (size: { readonly width: number; readonly height: number }) => TokenRange;

/** For models without a rule: from the 85 of OpenAI's low detail to one token per patch of 14 pixels. */
const anyPictureTokens: PictureTokens = ({ width, height }) => ({
  low: 85,
  high: Math.max(1600, Math.ceil(width / 14) * Math.ceil(height / 14)),
});

/** Characters per token in plain English, and in JSON full of quotes; in other scripts, a token has at least one byte. */
const [MOST_CHARACTERS, LEAST_CHARACTERS] = [5, 3];
/** The share of its limit that a short reply takes. */
const SHORT_REPLY = 0.2;

/** Estimates the tokens of a call: the least that is likely and the most that is possible. */
export function estimateUsage(
  { system, parts, format, maxOutputTokens }: ChatRequest,
  pictureTokens: PictureTokens = anyPictureTokens,
): { readonly low: Usage; readonly high: Usage } {
  const texts = [system, format === undefined ? '' : JSON.stringify(format.schema)];
  const pictures: TokenRange[] = [];
  for (const part of parts) {
    if ('text' in part) texts.push(part.text);
    else pictures.push(pictureTokens(part.picture));
  }
  const text = texts.join('');
  const foreign = Buffer.byteLength(text) === text.length ? '' : text.replaceAll(/[\0-\x7f]+/g, '');
  const sum = (end: 'low' | 'high') => pictures.reduce((total, range) => total + range[end], 0);
  return {
    low: {
      input: Math.ceil(text.length / MOST_CHARACTERS) + sum('low'),
      cachedInput: 0,
      output: Math.ceil(maxOutputTokens * SHORT_REPLY),
    },
    high: {
      input:
        Math.ceil((text.length - foreign.length) / LEAST_CHARACTERS) +
        Buffer.byteLength(foreign) +
        sum('high'),
      cachedInput: 0,
      output: maxOutputTokens,
    },
  };
}
