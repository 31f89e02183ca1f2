import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES, builtInProtocol, isProtocolName, openProtocol, renamedNotice } from './index.ts';

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-protocol-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(value: unknown): Promise<string> {
  const path = join(folder, `${(files += 1)}.json`);
  await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const question = (own: object = {}) => ({
  name: 'one',
  system: 'You judge {kind} edits.',
  parts: [{ text: ['Was this done?', '{instruction}', 'Or {instruction unfenced}?'] }, { picture: 'edited' }],
  reply: { maxTokens: 50 },
  scores: { following: { at: 'marks.a', range: [1, 7], feedback: 'why' } },
  ...own,
});
const protocol = (own: object = {}, ...questions: object[]) => ({
  name: 'mine',
  questions: questions.length === 0 ? [question()] : questions,
  ...own,
});
const open = async (value: unknown) => openProtocol(await write(value));
const ask = async (value: unknown, instruction = 'Make it [red].') =>
  (await open(value)).questions({ instruction, kind: 'style', nonce: 'abc' });
const read = async (own: object, text: string) =>
  (await ask(protocol({}, question(own))))[0].read({ text, finish: 'complete' });

describe('a protocol in a file', () => {
  it('asks in its own words, and fills in each placeholder once', async () => {
    const [{ name, system, parts, format, maxOutputTokens, perspectives }] = await ask(
      protocol(),
      '{kind} {instruction}',
    );
    expect({ name, system, format, maxOutputTokens, perspectives }).toEqual({
      ...{ name: 'one', system: 'You judge style edits.', format: undefined },
      ...{ maxOutputTokens: 50, perspectives: ['following'] },
    });
    expect(parts).toEqual([
      {
        text: [
          'Was this done?',
          '[instruction abc]\n"{kind} {instruction}"\n[end of instruction abc]',
          'Or {kind} {instruction}?',
        ].join('\n'),
      },
      { picture: 'edited' },
    ]);
  });

  it('has the server enforce a schema if it says so', async () => {
    const schema = { type: 'object', properties: { why: { type: 'string' } }, required: ['why'] };
    const format = async (reply: object) =>
      (await ask(protocol({}, question({ reply: { maxTokens: 1, ...reply } }))))[0].format;
    expect(await format({ schema })).toBeUndefined();
    expect(await format({ schema, enforced: true })).toEqual({ name: 'judgement', schema });
  });

  it('has a hash of everything that answers depend on', async () => {
    const hash = async (value: object) => (await open(value)).hash;
    const same = await hash(protocol());
    expect(same).toMatch(/^[0-9a-f]{16}$/);
    expect(await hash(protocol({ about: 'for people' }))).toBe(same);
    const others = await Promise.all([
      hash(protocol({ name: 'other' })),
      hash(protocol({}, question({ system: 'x' }))),
      hash(protocol({}, question({ reply: { maxTokens: 51 } }))),
      hash(
        protocol({}, question({ scores: { following: { at: 'marks.a', range: [1, 8], feedback: 'why' } } })),
      ),
    ]);
    expect(new Set([same, ...others]).size).toBe(5);
  });

  it('asks a question per perspective, without the halo of one reply for three scores', async () => {
    const one = (name: string) => question({ name, scores: { [name]: { at: 'score', range: [0, 1] } } });
    const questions = await ask(protocol({}, one('following'), one('preserving'), one('quality')));
    expect(questions.map(({ perspectives }) => perspectives)).toEqual([
      ['following'],
      ['preserving'],
      ['quality'],
    ]);
  });

  it('combines numbers as it says', async () => {
    const { derive } = await open(
      protocol(
        { derived: { both: { of: ['a', 'b'], combine: 'geometric-mean' } } },
        question({ measures: { a: { at: 'x', range: [0, 9] }, b: { at: 'y', range: [0, 9] } } }),
      ),
    );
    expect(derive!({ a: 4, b: 9 })).toEqual({ both: 6 });
    expect(derive!({ a: 4 })).toEqual({});
  });
});

describe('a reply', () => {
  const good = '{"marks": {"a": 4}, "why": " Too red. "}';

  it('has scores from 0 to 5, whatever range was asked for', async () => {
    expect(await read({}, `I see {it}.\n${good}`)).toEqual({
      scores: { following: 2.5 },
      feedback: { following: 'Too red.' },
      measures: {},
    });
    const at = ['marks.0', 'marks.1'];
    for (const [combine, score] of [
      ['min', 1],
      ['max', 4],
      ['mean', 2.5],
      ['geometric-mean', 2],
    ])
      expect(
        await read({ scores: { quality: { at, combine, range: [0, 5] } } }, '{"marks": [1, 4]}'),
      ).toMatchObject({ scores: { quality: score } });
  });

  it("may have words, or Python's quotes, if the protocol says so", async () => {
    const own = {
      reply: { maxTokens: 9, form: 'python' },
      scores: { quality: { at: 'good', range: [0, 1], words: { yes: 1, no: 0 }, feedback: 'why' } },
    };
    const text = `{'good': 'Yes', 'why': 'It\\'s "red".', 'sure': True, 'more': None,}`;
    expect(await read(own, text)).toEqual({
      scores: { quality: 5 },
      feedback: { quality: 'It\'s "red".' },
      measures: {},
    });
    expect(await read({ ...own, reply: { maxTokens: 9 } }, text)).toHaveProperty('invalid');
    expect(await read(own, "{'good': 'perhaps', 'why': ''}")).toHaveProperty('invalid');
    expect(await read(own, "{'good': 'toString', 'why': ''}")).toHaveProperty('invalid');
  });

  it.each([
    ['', 'not the JSON'],
    ['{"marks": {"a": 8}, "why": ""}', 'the score 8 is out of range'],
    ['{"marks": {"a": "4"}, "why": ""}', 'marks.a: there is no number'],
    ['{"marks": 4, "why": ""}', 'marks.a'],
    ['{"marks": {"a": 4}}', 'why: there is no text'],
    ['[4]', 'not as asked for'],
    ['{"__proto__": {"marks": {"a": 4}, "why": ""}}', 'marks.a'],
    [`${good} or ${good}`, '2 objects'],
  ])('%j is not an answer', async (text, problem) => {
    expect(await read({}, text)).toEqual({ invalid: expect.stringContaining(problem) });
  });
});

describe('an invalid protocol', () => {
  it.each<[string, unknown, string]>([
    ['is what is no JSON', 'hello', 'not valid JSON'],
    ['is empty', {}, 'name'],
    ['asks nothing', protocol({ questions: [] }), 'questions'],
    ['has a field that none has', protocol({ protocl: 1 }), 'protocl'],
    ['fills in what nobody knows', protocol({}, question({ system: 'A {instrution}.' })), '{instrution}'],
    [
      'shows what there is not',
      protocol({}, question({ parts: [{ picture: 'mask' }] })),
      'questions.0.parts.0',
    ],
    [
      'scores what there is not',
      protocol({}, question({ scores: { beauty: { at: 'x', range: [0, 1] } } })),
      'scores',
    ],
    ['scores nothing', protocol({}, question({ scores: {} })), 'no question scores anything'],
    ['asks twice', protocol({}, question(), question()), 'two questions are called one'],
    ['scores twice', protocol({}, question(), question({ name: 'two' })), 'two questions score following'],
    [
      'has a range of nothing',
      protocol({}, question({ scores: { quality: { at: 'x', range: [1, 1] } } })),
      'range',
    ],
    [
      'derives from nothing',
      protocol({ derived: { O: { of: ['SC'], combine: 'min' } } }),
      'no question measures SC',
    ],
    ['has the name of another', protocol({ name: 'rubric-v1' }), 'built-in protocol'],
    [
      'has a schema that cannot be checked',
      protocol(
        {},
        question({ reply: { maxTokens: 1, schema: { type: 'object', unevaluatedProperties: false } } }),
      ),
      'cannot be checked',
    ],
  ])('%s', async (_, value, problem) => {
    const path = await write(value);
    await expect(openProtocol(path)).rejects.toMatchObject({
      code: 'bad-input',
      where: path,
      message: expect.stringContaining(problem),
    });
  });

  it.each([
    ['rubric-v9', 'there is no protocol "rubric-v9"'],
    ['toString', 'there is no protocol "toString"'],
  ])('has the name %s, with a notice', async (name, told) => {
    await expect(openProtocol(name)).rejects.toMatchObject({
      code: 'usage',
      where: '--protocol',
      message: expect.stringContaining(told),
    });
  });

  it.each([
    ['viescore', 'viescore-like'],
    ['real-edit-v1', 'real-edit-like'],
  ])('%s is now called %s: the old name is accepted, with a notice', async (before, now) => {
    expect((await openProtocol(before)).name).toBe(now);
    expect(isProtocolName(before)).toBe(true);
    expect(renamedNotice(before)).toContain(`is now called ${now}, because its questions only resemble`);
    expect(renamedNotice(now)).toBeUndefined();
  });

  it('of the built-in ones has the name under which it is listed', () => {
    for (const name of PROTOCOL_NAMES) expect(builtInProtocol(name).name).toBe(name);
  });
});
