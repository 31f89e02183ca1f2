import { PLACES, type NumberDefinition, type Place, type QuestionDefinition } from './protocol-file.ts';
import type { PictureRole, QuestionPart } from './protocol.ts';

/** What is read from a reply: a number, or, with `wordsOnly`, a word that stands for one. */
export type AskedNumber = NumberDefinition & { readonly wordsOnly?: boolean };

/** A question as it is asked: a place of a pair has become one of its two edits. */
export type AskedQuestion = Omit<QuestionDefinition, 'parts' | 'measures' | 'choices'> & {
  readonly parts: readonly QuestionPart[];
  readonly measures: Readonly<Record<string, AskedNumber>>;
};

/** How the measure is called that says how far the dataset's own edit was preferred in some respect where it was shown at that place. */
export function preferenceName(choice: string, shown: Place): string {
  return `${choice}.shown-${shown}`;
}

/**
 * A question about a pair as two: with the dataset's own edit shown first, and shown second. What is chosen becomes a measure: 1 where that is
 * the dataset's own edit, 0 where it is the other one, 0.5 where it is neither.
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
