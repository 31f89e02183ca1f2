import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nonceOf } from './fence.ts';
import { builtInProtocol } from './index.ts';

const INSTRUCTION = 'Make it [red] <now>.';
const NONCE = nonceOf(INSTRUCTION);
const viescoreProtocol = builtInProtocol('viescore-like');
const questions = viescoreProtocol.questions({ instruction: INSTRUCTION, kind: undefined, nonce: NONCE });
const [consistency, quality] = questions;
const read = (text: string, question = consistency) => question.read({ text, finish: 'complete' });

it('asks twice: about the edit with both pictures, and about quality with the edited one alone', () => {
  expect(questions.map(({ name, perspectives }) => [name, perspectives])).toEqual([
    ['SC', ['following', 'preserving']],
    ['PQ', ['quality']],
  ]);
  const pictures = questions.map(({ parts }) =>
    parts.flatMap((part) => ('picture' in part ? [part.picture] : [])),
  );
  expect(pictures).toEqual([['original', 'edited'], ['edited']]);
  const texts = questions.map(({ parts }) => JSON.stringify(parts));
  expect(texts.map((text) => text.split(NONCE).length - 1)).toEqual([2, 0]);
  for (const text of texts) expect(text).not.toContain('[red]');
});

describe('a reply', () => {
  it('returns both scores of consistency, from 0 to 5, and the smaller one as a measure', () => {
    expect(read('{"score": [7, 4.5], "reasoning": " Too dark. "}')).toEqual({
      scores: { following: 3.5, preserving: 2.25 },
      feedback: { following: 'Too dark.', preserving: 'Too dark.' },
      measures: { 'viescore.SC': 4.5 },
    });
  });

  it('returns the smaller score of quality', () => {
    expect(read('{"score": [9, 6], "reasoning": ""}', quality)).toEqual({
      scores: { quality: 3 },
      feedback: { quality: '' },
      measures: { 'viescore.PQ': 6 },
    });
  });

  it.each([
    '{"score": [10, 0], "reasoning": "x"}',
    '||V^=^V||\n{"reasoning": "x", "score": [10, 0]}\n||V^=^V||',
    '```json\n{"score":[10,0],"reasoning":"x","more":{}}\n```',
    'I compare {both}. It is {"score": [10, 0], "reasoning": "x"}, as I said.',
    '<think>\n{"score": [1, 1], "reasoning": "a draft"}\n</think>\n{"score": [10, 0], "reasoning": "x"}',
    '{"score": [10, 0], "reasoning": "It reads </think> {now}."}',
  ])('%j is read', (text) => {
    expect(read(text)).toMatchObject({ scores: { following: 5, preserving: 0 } });
  });

  it.each([
    ['', 'the reply is not the JSON asked for'],
    ['score: [1, 2]', 'the reply is not the JSON asked for'],
    ['{"score": [1, 2], "reasoning": "x"', 'the reply is not the JSON asked for'],
    ['{"score": [8, 7], "reasoning": "It reads "OPEN" now."}', 'the reply is not the JSON asked for'],
    [
      '{"score": [1, 2], "reasoning": "x"} or {"score": [2, 1], "reasoning": "y"}',
      'the reply holds 2 objects of the form asked for, not one',
    ],
    ['{"score": [1], "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"score": [1, 2, 3], "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"score": [1, 11], "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"score": [-1, 5], "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"score": ["1", "2"], "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"score": 5, "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"score": [1, 2]}', 'the reply is not as asked for: '],
    ['[1, 2]', 'the reply is not as asked for: '],
    ['null', 'the reply is not as asked for: '],
    ['"5"', 'the reply is not as asked for: '],
    ['{"score": [1, 1e999], "reasoning": "x"}', 'the reply is not as asked for: '],
    ['{"__proto__": {"score": [1, 2], "reasoning": "x"}}', 'the reply is not as asked for: '],
  ])('%j is not an answer', (text, reason) => {
    expect(read(text)).toEqual({ invalid: expect.stringContaining(reason) });
    expect(read(text, quality)).toEqual({ invalid: expect.stringContaining(reason) });
  });

  it('never throws, whatever it is, and has scores from 0 to 5 or none', () => {
    const like = fc.record({
      score: fc.oneof(fc.array(fc.double()), fc.jsonValue()),
      reasoning: fc.oneof(fc.string(), fc.jsonValue()),
    });
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.oneof(like, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const question of questions) {
          const reading = read(text, question);
          const scores = 'scores' in reading ? Object.values(reading.scores) : [];
          expect(scores.every((score) => score >= 0 && score <= 5)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

it('combines both parts by the geometric mean, if both are present', () => {
  expect(viescoreProtocol.derive!({ 'viescore.SC': 4, 'viescore.PQ': 9 })).toEqual({ 'viescore.O': 6 });
  expect(viescoreProtocol.derive!({ 'viescore.SC': 0, 'viescore.PQ': 9 })).toEqual({ 'viescore.O': 0 });
  expect(viescoreProtocol.derive!({ 'viescore.SC': 4 })).toEqual({});
  expect(viescoreProtocol.derive!({})).toEqual({});
});
