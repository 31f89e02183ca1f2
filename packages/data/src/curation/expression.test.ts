import { EDIT_KINDS, PERSPECTIVES } from '@rewardedit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, type Judged, type Truth } from './evaluate-expression.ts';
import { NUMBER_NAMES, TEXT_NAMES, parseExpression } from './expression.ts';

const judged = (
  scores: Partial<Record<(typeof PERSPECTIVES)[number], number>>,
  rest: Partial<Judged> = {},
): Judged => ({
  id: 'a',
  instruction: 'Make it night',
  reward: { scores, feedback: {} },
  ...rest,
});
const holds = (text: string, triplet: Judged) => evaluate(parseExpression(text), triplet);

describe('a condition', () => {
  const triplet = judged({ following: 4, preserving: 3.5, quality: 1 }, { kind: 'style' });

  it.each<[string, Truth]>([
    ['following >= 4', true],
    ['following > 4', false],
    ['4 <= following', true],
    ['preserving = 3.5', true],
    ['preserving == 3.50', true],
    ['quality != 1', false],
    ['mean < 2.84 and mean > 2.83', true],
    ['overall = mean', true],
    ['min = quality', true],
    ['min = 1 and not following < 4', true],
    ['FOLLOWING >= 4 AND NOT (quality > 1)', true],
    ['kind = "style"', true],
    ["kind != 'style'", false],
    ['instruction contains "NIGHT"', true],
    ['instruction contains "day"', false],
    ['id = "a"', true],
    ['missing(description)', true],
    ['missing(following)', false],
    ['quality > 2 or following > 3 and kind = "style"', true],
    ['(quality > 2 or following > 3) and kind = "add"', false],
    ['not not quality = 1', true],
    ['instruction = "Make it night"', true],
    ['instruction contains "\\"" or instruction contains \'it\'', true],
  ])('%s is %s', (text, truth) => expect(holds(text, triplet)).toBe(truth));

  it.each<[string, Truth]>([
    ['quality >= 0', undefined],
    ['not quality >= 0', undefined],
    ['quality >= 0 or following = 4', true],
    ['quality >= 0 or following = 3', undefined],
    ['quality >= 0 and following = 4', undefined],
    ['quality >= 0 and following = 3', false],
    ['mean >= 0', undefined],
    ['min >= 0', undefined],
    ['quality = quality', undefined],
    ['missing(quality)', true],
    ['missing(mean)', true],
    ['kind = "style"', undefined],
    ['description contains "x"', undefined],
  ])('%s is %s where quality and kind are missing', (text, truth) => {
    expect(holds(text, judged({ following: 4, preserving: 3 }))).toBe(truth);
  });

  it.each([
    ['', 0, /^expected a number/],
    ['following >= ', 12, /^expected a number/],
    ['following >> 4', 11, /^expected a number/],
    ['following', 9, /^expected a comparison/],
    ['folowing > 4', 0, /is not a known name/],
    ['following > "x"', 12, /a number cannot be compared with a text/],
    ['kind > "style"', 5, /texts can only be compared with/],
    ['kind = "blur"', 7, /the kinds are local/],
    ['kind = style', 7, /is not a known name/],
    ['following contains "x"', 0, /"contains" needs a text/],
    ['kind contains 3', 14, /^expected a text in quotes/],
    ['(following > 4', 14, /^expected "\)"/],
    ['following > 4)', 13, /^expected "and", "or" or the end/],
    ['following > 4 quality > 3', 14, /^expected "and", "or" or the end/],
    ['missing(3)', 8, /^expected a name/],
    ['missing following', 8, /^expected "\("/],
    ['kind = "style', 7, /is not closed/],
    ['following > 4 ; x', 14, /is not valid/],
    ['process.exit()', 12, /^expected a comparison/],
    ['constructor = "x"', 0, /is not a known name/],
    ['__proto__ = "x"', 0, /is not a known name/],
  ])('%j is refused, with a mark at column %i', (text, column, message) => {
    const error = failure(text);
    expect(error).toMatchObject({ code: 'usage', where: '--where' });
    const [said, shown, mark] = error.message.split('\n');
    expect(said).toMatch(message);
    expect(shown).toBe(`  ${text}`);
    expect(mark).toBe(`  ${' '.repeat(column)}^`);
  });

  it('is refused if nested too deeply or too long, without a stack overflow', () => {
    expect(failure(`${'('.repeat(5000)}1`).message).toMatch(/nested more than 100 levels deep/);
    expect(failure(`${'not '.repeat(2000)}following > 1`).message).toMatch(
      /nested more than 100 levels deep/,
    );
    expect(failure('x'.repeat(20_000)).message).toBe('the expression is too long');
    const long = Array.from({ length: 500 }, () => 'following > 1').join(' and ');
    expect(holds(long, judged({ following: 2 }))).toBe(true);
  });
});

function failure(text: string): Error {
  try {
    parseExpression(text);
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${text} was read`);
}

describe('any condition', () => {
  type Made = { readonly text: string; readonly value: (triplet: Judged) => Truth };
  const scores = fc.record(
    {
      following: fc.integer({ min: 0, max: 5 }),
      preserving: fc.integer({ min: 0, max: 5 }),
      quality: fc.integer({ min: 0, max: 5 }),
    },
    { requiredKeys: [] },
  );
  const COMPARE: Record<string, (a: number, b: number) => boolean> = {
    '<': (a, b) => a < b,
    '<=': (a, b) => a <= b,
    '>': (a, b) => a > b,
    '>=': (a, b) => a >= b,
    '=': (a, b) => a === b,
    '!=': (a, b) => a !== b,
  };
  const scoreOf = (name: (typeof PERSPECTIVES)[number]) => (triplet: Judged) => triplet.reward?.scores[name];
  const leaf: fc.Arbitrary<Made> = fc
    .tuple(
      fc.constantFrom(...PERSPECTIVES),
      fc.constantFrom(...Object.keys(COMPARE)),
      fc.integer({ min: 0, max: 5 }),
    )
    .map(([name, sign, number]) => ({
      text: `${name}${sign}${number}`,
      value: (triplet) => {
        const score = scoreOf(name)(triplet);
        return score === undefined ? undefined : COMPARE[sign](score, number);
      },
    }));
  // Kleene's logic, written as a table so that it is not the code under test once more.
  const KLEENE = { and: ['TFU', 'FFF', 'UFU'], or: ['TTT', 'TFU', 'TUU'] } as const;
  const letter = (truth: Truth) =>
    ['T', 'F', 'U'].indexOf(truth === true ? 'T' : truth === false ? 'F' : 'U');
  const truth = (text: string): Truth => (text === 'T' ? true : text === 'F' ? false : undefined);
  const { condition } = fc.letrec<{ condition: Made }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc
        .tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition'))
        .map(([left, word, right]) => ({
          text: `(${left.text}) ${word} (${right.text})`,
          value: (triplet: Judged) =>
            truth(KLEENE[word][letter(left.value(triplet))][letter(right.value(triplet))]),
        })),
      tie('condition').map((inner) => ({
        text: `not (${inner.text})`,
        value: (triplet: Judged) => truth('FTU'[letter(inner.value(triplet))]),
      })),
    ),
  }));

  it('has the value that three-valued logic gives it', () => {
    fc.assert(
      fc.property(condition, scores, (made, found) => {
        const triplet = judged(found);
        expect(holds(made.text, triplet)).toBe(made.value(triplet));
      }),
    );
  });

  it('is read, or refused with a mark: no text makes anything else happen', () => {
    const words = fc.constantFrom(
      ...NUMBER_NAMES,
      ...TEXT_NAMES,
      ...EDIT_KINDS,
      'and',
      'or',
      'not',
      '(',
      ')',
      '<',
      '>=',
      '=',
      '"',
      "'",
      '\\',
      '4',
      '1.5',
      'missing',
      'contains',
      ' ',
      '\u202E',
      '\n',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (any) => {
        try {
          parseExpression(any);
        } catch (error) {
          if (!(error instanceof Error) || !('code' in error) || error.code !== 'usage') throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
