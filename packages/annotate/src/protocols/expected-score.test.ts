import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplyToken } from '../language-model/api/chat.ts';
import { expectedScore } from './expected-score.ts';

type Probabilities = Readonly<Record<string, number>>;

/** A token with the probabilities of its alternatives. */
const token = (text: string, probabilities: Probabilities = { [text]: 1 }): ReplyToken => ({
  token: text,
  alternatives: Object.entries(probabilities).map(([each, probability]) => ({
    token: each,
    logprob: Math.log(probability),
  })),
});

/** The expected score if the tokens form a text in which the number follows the first "score": . */
function expected(tokens: readonly ReplyToken[], written: string, highest = 25): number | undefined {
  const text = tokens.map((each) => each.token).join('');
  return expectedScore(tokens, text.indexOf(written, text.indexOf('":')), written, highest);
}

describe('with a token for each number', () => {
  const before = [token('{"'), token('score'), token('":')];
  const after = [token('}')];

  it('weighs the numbers by their probabilities', () => {
    const at = token('20', { '20': 0.6, '15': 0.3, '5': 0.1 });
    expect(expected([...before, at, ...after], '20')).toBeCloseTo(12 + 4.5 + 0.5, 10);
  });

  it('ignores what is not a score, and scales up the rest', () => {
    const at = token('20', {
      '20': 0.4,
      '15': 0.4,
      '99': 0.1,
      '26': 0.05,
      '007': 0.01,
      '"': 0.03,
      '-': 0.01,
    });
    expect(expected([...before, at, ...after], '20')).toBeCloseTo(17.5, 10);
  });

  it('returns nothing if scores have less than half of the probability', () => {
    expect(
      expected([...before, token('20', { '20': 0.3, '15': 0.19, '"': 0.5 }), ...after], '20'),
    ).toBeUndefined();
    expect(
      expected([...before, token('20', { '20': 0.3, '15': 0.21, '"': 0.49 }), ...after], '20'),
    ).toBeCloseTo((6 + 3.15) / 0.51, 10);
    expect(expected([...before, token('20', {}), ...after], '20')).toBeUndefined();
  });

  it('reads numbers that share their token with what precedes and follows them', () => {
    const tokens = [
      token('{"score'),
      token('": 20}', { '": 20}': 0.5, '": 10}': 0.25, '":20}': 0.2, '": 5,': 0.05 }),
    ];
    expect(expected(tokens, '20')).toBeCloseTo((10 + 2.5 + 0.25) / 0.8, 10);
    const spaced = [token('{"score":'), token(' 7', { ' 7': 0.7, ' 12': 0.2, '7': 0.1 }), token('}')];
    expect(expected(spaced, '7')).toBeCloseTo((4.9 + 2.4) / 0.9, 10);
  });

  it('counts a smaller number in full if larger ones are among the alternatives', () => {
    const at = token('3', { '3': 0.5, '2': 0.3, '1': 0.1, '12': 0.1 });
    expect(expected([...before, at, ...after], '3')).toBeCloseTo(1.5 + 0.6 + 0.1 + 1.2, 10);
  });
});

describe('with a token for each digit', () => {
  const before = [token('{"score":')];

  it('weighs the last digit after the digits before it', () => {
    const tokens = [
      ...before,
      token('1', { '1': 0.9, '2': 0.1 }),
      token('7', { '7': 0.5, '8': 0.3, '5': 0.2 }),
      token('}'),
    ];
    expect(expected(tokens, '17')).toBeCloseTo(8.5 + 5.4 + 3, 10);
  });

  it('treats the end of the number as one of the alternatives', () => {
    const tokens = [...before, token('2'), token('4', { '4': 0.6, '}': 0.3, '9': 0.1 })];
    // 24, or 2; 29 is not a score.
    expect(expected(tokens, '24')).toBeCloseTo((14.4 + 0.6) / 0.9, 10);
  });

  it('ignores digits that more digits might have followed', () => {
    // "1" may have become 1 or 10 to 19, and "2" 2 or 20 to 25.
    const tokens = [...before, token('8', { '8': 0.5, '9': 0.2, '1': 0.2, '2': 0.1 }), token('}')];
    expect(expected(tokens, '8')).toBeCloseTo((4 + 1.8) / 0.7, 10);
    const small = [...before, token('1', { '1': 0.8, '0': 0.1, '2': 0.1 }), token('}')];
    expect(expected(small, '1')).toBeCloseTo(0.8 / 0.9, 10);
    // On a scale up to 5, no digit can follow a digit.
    const five = [...before, token('4', { '4': 0.5, '1': 0.25, '2': 0.25 }), token('}')];
    expect(expected(five, '4', 5)).toBeCloseTo(2 + 0.25 + 0.5, 10);
  });
});

it('returns nothing if the tokens end before the number', () => {
  expect(expectedScore([token('{"a')], 20, '5', 25)).toBeUndefined();
  expect(expectedScore([], 0, '5', 25)).toBeUndefined();
});

it('returns a valid score or nothing, whatever a server says', () => {
  const alternatives = fc.array(
    fc.record({
      token: fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 99 }).map(String)),
      logprob: fc.double({ noNaN: true, noDefaultInfinity: true }),
    }),
    { maxLength: 20 },
  );
  const tokens = fc.array(
    fc.record({
      token: fc.oneof(fc.constantFrom('1', '17', ':', ' 2'), fc.string({ maxLength: 4 })),
      alternatives,
    }),
  );
  fc.assert(
    fc.property(tokens, fc.nat(40), fc.integer({ min: 0, max: 25 }).map(String), (given, at, written) => {
      const score = expectedScore(given, at, written, 25) ?? 0;
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(25);
    }),
    { numRuns: 1000 },
  );
});
