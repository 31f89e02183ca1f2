import { hash } from 'node:crypto';

/** Longer texts of a dataset are cut: no instruction needs more, and every judge would be paid for it. */
const LONGEST_TEXT = 1000;

/**
 * Creates a mark for where data begins and ends from the data itself. To close the fence early, a text would have to contain part of its
 * own hash. So the mark needs no secret, and the same data results in the same question.
 */
export function nonceOf(...data: readonly string[]): string {
  return hash('sha256', JSON.stringify(data)).slice(0, 20);
}

/**
 * Fences a text of the dataset for a judge: between marks, as a JSON string in which control characters, characters that change the writing
 * direction, and the brackets of models' own markup are escaped. A text longer than `LONGEST_TEXT` characters is cut, and says so.
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

// Categories: control, format (zero width, direction), private use, unassigned, lone surrogates.
const TO_ESCAPE = /[\p{C}\u2028\u2029<>[\]]/gu;

function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(TO_ESCAPE, (character) =>
    Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
