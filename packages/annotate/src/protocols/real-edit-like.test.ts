import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nonceOf } from './fence.ts';
import { builtInProtocol } from './index.ts';

const INSTRUCTION = 'Make it [red] <now>.';
const NONCE = nonceOf(INSTRUCTION);
const realEditProtocol = builtInProtocol('real-edit-like');
const questions = realEditProtocol.questions({ instruction: INSTRUCTION, kind: undefined, nonce: NONCE });
const [following, preserving, quality] = questions;
const read = (text: string, question = following) => question.read({ text, finish: 'complete' });

describe('the questions', () => {
  it('are three, one per perspective, and quality is about the edited picture alone', () => {
    expect(questions.map(({ name }) => name)).toEqual(['following', 'preserving', 'quality']);
    expect(questions.map(({ perspectives }) => perspectives)).toEqual([
      ['following'],
      ['preserving'],
      ['quality'],
    ]);
    const pictures = questions.map(({ parts }) =>
      parts.flatMap((part) => ('picture' in part ? [part.picture] : [])),
    );
    expect(pictures).toEqual([['original', 'edited'], ['original', 'edited'], ['edited']]);
    for (const { format } of questions) expect(format).toBeUndefined();
  });

  it('show the instruction as data, and only where it is needed', () => {
    const texts = questions.map(({ system, parts }) => JSON.stringify([system, parts]));
    expect(texts.map((text) => text.split(NONCE).length - 1)).toEqual([2, 2, 0]);
    for (const text of texts) expect(text).not.toContain('[red]');
    // The system message is the same whatever the dataset says.
    const [other] = realEditProtocol.questions({ instruction: 'x', kind: 'style', nonce: NONCE });
    expect(other.system).toBe(following.system);
  });
});

describe('a reply', () => {
  it.each([
    ["{'following': 'yes', 'score': 4.5}", 4.5, 1],
    ["{'following': 'no', 'score': 0}", 0, 0],
    // The published script drops a score without a decimal point.
    ["{'following': 'yes', 'score': 5}", 5, 1],
    ['{"following": "yes", "score": 3.25}', 3.25, 1],
    ["{'score': 2.0, 'following': 'NO'}", 2, 0],
    ["```python\n{'following': 'Yes', 'score': 4.0}\n```", 4, 1],
    ["\"{'following':'yes','score':1}\"", 1, 1],
    ["  {'following': 'yes', 'score': 4.5,}  ", 4.5, 1],
    ["{'following': 'yes', 'score': 4.5, 'why': 'It is red.'}", 4.5, 1],
    ["The answer: {'following': 'yes', 'score': 4.5}", 4.5, 1],
    ["[{'following': 'yes', 'score': 4.5}]", 4.5, 1],
    ["<think>As in {'following': 'yes', 'score': 4.5}.</think> {'following': 'no', 'score': 1}", 1, 0],
  ])('%s is read', (text, score, answer) => {
    expect(read(text)).toEqual({
      scores: { following: score },
      feedback: {},
      measures: { 'real-edit.following': answer },
    });
  });

  it('is read for the perspective of its question', () => {
    expect(read("{'consistent': 'no', 'score': 1.5}", preserving)).toEqual({
      scores: { preserving: 1.5 },
      feedback: {},
      measures: { 'real-edit.preserving': 0 },
    });
    expect(read("{'clear': 'yes', 'score': 5.0}", quality)).toMatchObject({ scores: { quality: 5 } });
    expect(read("{'following': 'yes', 'score': 5.0}", quality)).toHaveProperty('invalid');
  });

  it.each([
    '',
    'yes, 4.5',
    "{'following': 'yes'}",
    "{'score': 4.5}",
    "{'following': 'perhaps', 'score': 4.5}",
    "{'following': yes, 'score': 4.5}",
    "{'following': 'yes', 'score': '4.5'}",
    "{'following': 'yes', 'score': -1}",
    "{'following': 'yes', 'score': 4.5.1}",
    "{'following': 'yes', 'score': 4,5e3}",
    "{'following': 'yes', 'score': NaN}",
    "{'following': 'yes', 'score': 4.5 out of 5}",
    '{"__proto__": {"following": "yes"}, "score": 4.5}',
  ])('%s is not an answer', (text) => {
    expect(read(text)).toEqual({
      invalid: expect.stringMatching(/^the (?:reply is not|score -1 is out of range)/),
    });
  });

  it('with two answers is rejected', () => {
    expect(read("{'following': 'yes', 'score': 4.5} {'following': 'no', 'score': 0}")).toEqual({
      invalid: 'the reply holds 2 objects of the form asked for, not one',
    });
  });

  it.each(['5.1', '10', '999999999999'])('with the score %s is out of range', (score) => {
    expect(read(`{'following': 'yes', 'score': ${score}}`)).toEqual({
      invalid: `the score ${score} is out of range`,
    });
  });

  it('never throws, whatever it is, and has a score from 0 to 5 or none', () => {
    const pieces = fc.constantFrom(
      "{'following': 'yes', ",
      "'score': ",
      '4.5',
      '}',
      '"',
      "'",
      '```',
      ' ',
      '\n',
      '9',
      '{',
      ',',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 20 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const question of questions) {
          const reading = read(text, question);
          const [score = 0] = 'scores' in reading ? Object.values(reading.scores) : [];
          expect(score >= 0 && score <= 5).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is read in linear time', () => {
    const spaces = ' '.repeat(1e6);
    for (const text of [
      `{}${spaces}x`,
      `x${spaces}{}`,
      `{'following':${spaces}`,
      `{'score':${'1'.repeat(1e6)}x}`,
      `{${"'score':".repeat(1e5)}}`,
    ])
      expect(read(text)).toHaveProperty('invalid');
  });
});
