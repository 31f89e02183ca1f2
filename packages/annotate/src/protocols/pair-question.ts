import { PLACES, type NumberDefinition, type Place, type QuestionDefinition } from './protocol-file.ts';
import type { PictureRole, QuestionPart } from './protocol.ts';

/** How a number is read from a reply; with `wordsOnly`, only from the words that stand for one. */
export type AskedNumber = NumberDefinition & { readonly wordsOnly?: boolean };

/** A question as it is asked: the places of a pair are replaced by its two edits. */
export type AskedQuestion = Omit<QuestionDefinition, 'parts' | 'measures' | 'choices'> & {
  readonly parts: readonly QuestionPart[];
  readonly measures: Readonly<Record<string, AskedNumber>>;
};

/** Returns the name of the measure that says how far the dataset's own edit was preferred when it was shown at that place. */
export function preferenceName(choice: string, shown: Place): string {
  return `${choice}.shown-${shown}`;
}

/**
 * Splits a question about a pair into two: with the dataset's own edit shown first, and shown second. A choice becomes a measure: 1 for the
 * dataset's own edit, 0 for the other one, 0.5 for a tie.
 */
export function inBothOrders({ choices = {}, ...question }: QuestionDefinition): AskedQuestion[] {
  return PLACES.map((shown) => {
    const edits: Readonly<Record<Place, PictureRole>> =
      shown === 'first' ? { first: 'edited', second: 'other' } : { first: 'other', second: 'edited' };
    return {
      ...question,
      name: `${question.name}.shown-${shown}`,
      parts: question.parts.map((part) => {
        if ('text' in part) return part;
        const { picture } = part;
        return { picture: picture === 'first' || picture === 'second' ? edits[picture] : picture };
      }),
      measures: Object.fromEntries(
        Object.entries(choices).map(([choice, { at, first, second, tie = [] }]): [string, AskedNumber] => [
          preferenceName(choice, shown),
          {
            at,
            range: [0, 1],
            wordsOnly: true,
            words: {
              ...worth(first, edits.first === 'edited' ? 1 : 0),
              ...worth(second, edits.second === 'edited' ? 1 : 0),
              ...worth(tie, 0.5),
            },
          },
        ]),
      ),
    };
  });
}

function worth(words: readonly string[], value: number): Record<string, number> {
  return Object.fromEntries(words.map((word) => [word.toLowerCase(), value]));
}
