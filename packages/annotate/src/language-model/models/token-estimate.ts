import type { ChatRequest, Usage } from '../api/chat.ts';

export type TokenRange = { readonly low: number; readonly high: number };

/** Tokens that a picture of this size takes, as far as the model's maker says. */
export type PictureTokens = (size: { readonly width: number; readonly height: number }) => TokenRange;

/** What pictures take where nobody says: from the 85 of a preview at OpenAI to a patch of 14 pixels a token. */
const anyPictureTokens: PictureTokens = ({ width, height }) => ({
  low: 85,
  high: Math.max(1600, Math.ceil(width / 14) * Math.ceil(height / 14)),
});

/** Characters a token, in plain English and in JSON full of quotes; of other scripts at most one a byte. */
const [MOST_CHARACTERS, LEAST_CHARACTERS] = [5, 3];
/** Share of the allowed reply that short replies take. */
const SHORT_REPLY = 0.2;

/** Tokens that a call takes, between what is likely at least and what is possible at most. */
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
