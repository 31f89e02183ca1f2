import { describe, expect, it } from 'vitest';
import { dataProtocol } from './data-protocol.ts';
import { builtInProtocol } from './index.ts';
import { protocolSchema } from './protocol-file.ts';

const shown = [
  { picture: 'original' },
  { text: 'A:' },
  { picture: 'first' },
  { text: 'B:' },
  { picture: 'second' },
];
const choices = { overall: { at: 'best', first: ['A', '1'], second: ['B', '2'], tie: 'none' } };
const definition = (question: object = {}) => ({
  name: 'mine',
  questions: [{ name: 'q', parts: shown, reply: { maxTokens: 9 }, choices, ...question }],
});
const problems = (value: object) =>
  protocolSchema.safeParse(value).error?.issues.map(({ message }) => message) ?? [];
const asked = { instruction: 'x', kind: undefined, nonce: 'n' };

describe('a protocol that compares two edits', () => {
  const protocol = dataProtocol(protocolSchema.parse(definition()), 'mine');
  const [shownFirst, shownSecond] = protocol.questions(asked);
  const says = (question: typeof shownFirst, best: unknown) =>
    question.read({ text: JSON.stringify({ best }), finish: 'complete' });

  it('shows each pair in both orders', () => {
    const pictures = protocol
      .questions(asked)
      .map(({ parts }) => parts.flatMap((part) => ('picture' in part ? [part.picture] : [])));
    expect(protocol.pairs).toBe(true);
    expect(pictures).toEqual([
      ['original', 'edited', 'other'],
      ['original', 'other', 'edited'],
    ]);
  });

  it.each([
    ['A', 1, 0],
    ['b', 0, 1],
    [' None ', 0.5, 0.5],
    [1, 1, 0],
    ['2', 0, 1],
  ])('reads the answer %j as the edit at that place', (best, first, second) => {
    expect(says(shownFirst, best)).toMatchObject({ scores: {}, measures: { 'overall.shown-first': first } });
    expect(says(shownSecond, best)).toMatchObject({ measures: { 'overall.shown-second': second } });
  });

  it.each(['C', '', null, 0, 0.5, ['A']])('rejects the answer %j', (best) => {
    expect(says(shownFirst, best)).toEqual({ invalid: expect.stringContaining('best') as string });
  });

  it.each([
    ['one place alone', { parts: shown.slice(0, 3) }, 'without the other'],
    ['the edited picture as well', { parts: [...shown, { picture: 'edited' }] }, '"edited"'],
    ['no choices', { choices: {} }, 'has no choices'],
    ['scores', { scores: { quality: { at: 'q', range: [0, 1] } } }, 'no scores'],
    ['choices about one edit', { parts: [{ picture: 'edited' }] }, 'to choose from'],
    [
      'a word for two places',
      { choices: { a: { at: 'x', first: 'A', second: 'a' } } },
      'may stand for only one of',
    ],
  ])('is rejected with %s', (_, question, problem) => {
    expect(problems(definition(question)).join()).toContain(problem);
  });

  it('has the same hash whatever its description, and another with another word', () => {
    const hash = (more: object) => dataProtocol(protocolSchema.parse({ ...definition(), ...more }), 'x').hash;
    expect(hash({ about: 'text' })).toBe(protocol.hash);
    expect(hash(definition({ system: 'Look.' }))).not.toBe(protocol.hash);
  });
});

it('keeps the hashes of older protocols without pairs', () => {
  expect(builtInProtocol('viescore-like').hash).toBe('4a62b334cde0e4b6');
  expect(builtInProtocol('real-edit-like').hash).toBe('e85140c33621a4bf');
});
