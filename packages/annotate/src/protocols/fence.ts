import { createHash } from 'node:crypto';

/** Longer texts of a dataset are cut: no instruction needs more, and one that does costs tokens for every judge. */
const LONGEST_TEXT = 1000;

/**
 * A mark for where data begins and ends, made from the data itself: who writes a text that is to end its own fence would have to
 * find one that contains a piece of its own hash. So it needs no secret, and the same data gets the same question again.
 */
export function nonceOf(...data: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 20);
}

/**
 * A text of the dataset as a judge gets it: between marks, as a JSON string, in which control characters, those that turn the
 * direction of writing, and the brackets that models' own markup is made of are written as escapes. Cut at `LONGEST_TEXT`
 * characters, and says so.
 */
export function fence(name: string, text: string, nonce: string): string {
  let [characters, end] = [0, 0];
  for (const character of text) {
    characters += 1;
    if (characters <= LONGEST_TEXT) end += character.length;
  }
  const kept = text.slice(0, end);
  const more = characters - LONGEST_TEXT;
  const note = more > 0 ? `\n(cut: ${more} more characters)` : '';
  return `[${name} ${nonce}]\n${escaped(kept)}${note}\n[end of ${name} ${nonce}]`;
}

// Categories: control, format (zero width, direction), private use, unassigned, surrogates that stand alone.
const TO_ESCAPE = /[\p{C}\u2028\u2029<>[\]]/gu;

function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(TO_ESCAPE, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
