import { EDIT_KINDS, PERSPECTIVES, type Perspective } from '@rewardedit/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplyToken } from '../../language-model/api/chat.ts';
import { nonceOf } from '../fence.ts';
import { KIND_LINES } from './rubric.ts';
import { rubricProtocol, rubricProtocolV2 } from './rubric-protocol.ts';

const INSTRUCTION = 'Make it [red] <now>.';
const NONCE = nonceOf(INSTRUCTION);
const ask = (kind?: (typeof EDIT_KINDS)[number]) =>
  rubricProtocol.questions({ instruction: INSTRUCTION, kind, nonce: NONCE })[0];
const question = ask();

type Scores = Record<Perspective, number>;

const replyOf = ({ following = 25, preserving = 10, quality = 0 }: Partial<Scores> = {}) => ({
  changes: 'The sky is red.',
  following: { failures: 'Nothing failed.', score: following },
  preserving: { failures: ' The hat is gone. ', score: preserving },
  quality: { failures: '', score: quality },
});
const read = (text: string, tokens?: readonly ReplyToken[]) =>
  question.read({ text, finish: 'complete', ...(tokens !== undefined && { tokens }) });

describe('the question', () => {
  it('is one about both pictures, with the instruction as data', () => {
    expect(rubricProtocol.questions({ instruction: '', kind: undefined, nonce: '' })).toHaveLength(1);
    expect(question.parts.flatMap((part) => ('picture' in part ? [part.picture] : []))).toEqual([
      'original',
      'edited',
    ]);
    const text = JSON.stringify(question.parts);
    expect(text.split(NONCE)).toHaveLength(4);
    expect(text).not.toContain('[red]');
    expect(ask('style').system).toBe(question.system);
  });

  it('describes the given kind of edit, or all of them', () => {
    const told = (kind?: (typeof EDIT_KINDS)[number]) => {
      const text = ask(kind)
        .parts.map((part) => ('text' in part ? part.text : ''))
        .join('\n');
      return EDIT_KINDS.filter((each) => text.includes(KIND_LINES[each]));
    };
    expect(told()).toEqual(EDIT_KINDS);
    for (const kind of EDIT_KINDS) expect(told(kind)).toEqual([kind]);
  });
});

describe('the second version', () => {
  const ask = (kind?: (typeof EDIT_KINDS)[number]) =>
    rubricProtocolV2.questions({ instruction: INSTRUCTION, kind, nonce: NONCE })[0];

  it('asks for the kind of edit, and describes all kinds before anything of the triplet', () => {
    for (const kind of EDIT_KINDS) expect(ask().system).toContain(KIND_LINES[kind]);
    expect(ask('style').system).toBe(ask().system);
    expect(JSON.stringify(ask('style').parts)).toContain('The kind of edit is known: style.');
    const { properties } = ask().format!.schema as Schema;
    expect(Object.keys(properties!)).toEqual(['changes', 'kind', ...PERSPECTIVES]);
  });

  it('reads the kind, and accepts no other', () => {
    const reply = (kind: unknown) =>
      ask().read({ text: JSON.stringify({ ...replyOf(), kind }), finish: 'complete' });
    expect(reply('remove')).toMatchObject({ editKind: 'remove', scores: { following: 5 } });
    for (const kind of ['crop', undefined, 3])
      expect(reply(kind)).toEqual({ invalid: expect.stringContaining('kind') });
  });
});

type Schema = {
  type: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  enum?: number[];
};

describe('the schema', () => {
  const schema = question.format!.schema as Schema;
  const objects = (each: Schema): Schema[] =>
    each.type === 'object' ? [each, ...Object.values(each.properties!).flatMap(objects)] : [];

  it('is strict: every property required, no others allowed', () => {
    expect(objects(schema)).toHaveLength(4);
    for (const { properties, required, additionalProperties } of objects(schema)) {
      expect(required).toEqual(Object.keys(properties!));
      expect(additionalProperties).toBe(false);
    }
  });

  it('has the judge write failures before the score', () => {
    expect(Object.keys(schema.properties!)).toEqual(['changes', ...PERSPECTIVES]);
    for (const name of PERSPECTIVES) {
      const { properties } = schema.properties![name];
      expect(Object.keys(properties!)).toEqual(['failures', 'score']);
      expect(properties!['score']).toEqual({
        type: 'integer',
        enum: Array.from({ length: 26 }, (_, score) => score),
      });
    }
  });
});

describe('a reply', () => {
  it('has scores from 0 to 5, five steps to a point, and failures', () => {
    expect(read(JSON.stringify(replyOf({ following: 25, preserving: 12, quality: 0 })))).toEqual({
      scores: { following: 5, preserving: 2.4, quality: 0 },
      feedback: { following: 'Nothing failed.', preserving: 'The hat is gone.', quality: '' },
      measures: {},
    });
  });

  it("may use all of JSON's notations, or be in a code block", () => {
    const scores = { following: 5, preserving: 2, quality: expect.closeTo(0) };
    const json = JSON.stringify(replyOf(), null, 2);
    const odd = json.replace('"score": 10', '"score":\n1.0e1').replace('"quality"', '"qual\\u0069ty"');
    const around = [
      `Here: ${json}`,
      `<think>\nI see {both}.\n</think>\n\n${json}`,
      `Here:\n\`\`\`json\n${json}\n\`\`\`\n`,
    ];
    const whole = [json, `\n${json}\n`, `\`\`\`json\n${json}\n\`\`\``, odd, odd.replace(': 0', ': -0')];
    for (const text of [...whole, ...around]) expect(read(text)).toMatchObject({ scores });
  });

  const json = JSON.stringify(replyOf());
  it.each([
    ['', 'not JSON'],
    [json.slice(0, -1), 'not JSON'],
    [json + json, '2 objects of the form asked for'],
    [json.replace('25', '26'), 'following: score'],
    [json.replace('25', '-1'), 'following: score'],
    [json.replace('25', '2.5'), 'following: score'],
    [json.replace('25', '"25"'), 'following: score'],
    [json.replace('25', 'null'), 'following: score'],
    [json.replace('25', '1e999'), 'following: score'],
    [json.replace('"changes"', '"change"'), 'changes'],
    [json.replace('"failures":""', '"failures":[]'), 'quality: failures'],
    [JSON.stringify({ ...replyOf(), more: 1 }), 'more'],
    [json.replace('{', '{"__proto__":{},'), '__proto__'],
    ['[]', 'as asked for'],
    ['null', 'as asked for'],
    ['['.repeat(1e6) + ']'.repeat(1e6), 'as asked for'],
  ])('%.60s is not an answer', (text, reason) => {
    expect(read(text)).toEqual({ invalid: expect.stringContaining(reason) });
  });

  it('never throws, whatever it is, and has scores from 0 to 5 or none', () => {
    const judged = fc.record({
      failures: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      score: fc.oneof(fc.nat(30), fc.jsonValue()),
    });
    const like = fc.record({ changes: fc.string(), following: judged, preserving: judged, quality: judged });
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.oneof(like, fc.jsonValue()).map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const tokens = Array.from(text, (each) => ({
          token: each,
          alternatives: [{ token: each, logprob: 5 }],
        }));
        const reading = read(text, tokens);
        const scores = 'scores' in reading ? Object.values(reading.scores) : [];
        expect(scores.every((score) => score >= 0 && score <= 5)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

/** A token for each piece of the text; scores may have equally likely alternatives. */
function tokensOf(text: string, alternatives: Record<string, readonly string[]>): ReplyToken[] {
  return text.split(/(?<=[:,{}"])|(?=[:,{}"])/).map((piece) => ({
    token: piece,
    alternatives: (alternatives[piece] ?? [piece]).map((token, _, { length }) => ({
      token,
      logprob: Math.log(1 / length),
    })),
  }));
}

describe('with probabilities', () => {
  const text = JSON.stringify(replyOf({ following: 20, preserving: 10, quality: 3 }));

  it('a score is its expected value, with the written one beside it', () => {
    const reading = read(
      text,
      tokensOf(text, { '20': ['20', '25'], '10': ['10', '12', '14'], '3': ['3', '"'] }),
    );
    expect(reading).toMatchObject({
      scores: { following: 4.5, preserving: 2.4, quality: 0.6 },
      measures: { 'said.following': 4, 'said.preserving': 2, 'said.quality': 0.6 },
    });
  });

  it('is found among more tokens than the reply has, as when a server strips a code block', () => {
    const around = (piece: string) => ({ token: piece, alternatives: [{ token: piece, logprob: 0 }] });
    const tokens = [around('```json\n'), ...tokensOf(text, { '20': ['20', '25'] }), around('\n```')];
    expect(read(text, tokens)).toMatchObject({
      scores: { following: 4.5 },
      measures: { 'said.following': 4 },
    });
    expect(read(`\`\`\`json\n${text}\n\`\`\``, tokens)).toMatchObject({ scores: { following: 4.5 } });
  });

  it('is as written if the tokens are of something else, or say too little', () => {
    const plain = read(text);
    expect(read(text, tokensOf('something else', {}))).toEqual(plain);
    expect(read(text, [])).toEqual(plain);
    const unsure = read(text, tokensOf(text, { '20': ['20', '"', 'a', '-'] }));
    expect(unsure).toMatchObject({ scores: { following: 4 } });
    expect(unsure).not.toHaveProperty('measures.said.following');
  });

  it('is as written if a text mentions scores, or the number is written in an unusual way', () => {
    const tricky = { ...replyOf({ following: 20 }), changes: '"following": {"score": 1} \\"following\\": {' };
    const json = JSON.stringify(tricky);
    expect(read(json, tokensOf(json, { '20': ['20', '25'] }))).toMatchObject({ scores: { following: 4.5 } });
    for (const odd of [
      text.replace(':20', ':2e1'),
      text.replace(':20', ':20.0'),
      text.replace('"score":20', '"score":1,"score":20'),
      text.replace('"score":20', '"sc\\u006fre":20'),
      text.replace('"following"', '"followin\\u0067"'),
    ])
      expect(
        read(odd, tokensOf(odd, { '20': ['20', '25'], '1': ['1', '25'], '3': ['3', '25'] })),
      ).toMatchObject({
        scores: { following: 4 },
      });
  });
});
