import { HIGHEST_SCORE, PERSPECTIVES, RewardEditError, type Perspective } from '@rewardedit/core';
import { mean } from 'es-toolkit/math';
import { z } from 'zod';
import type { Measures } from '../judges/judge.ts';
import { contentKey } from '../language-model/store/reply-store.ts';
import { fence } from './fence.ts';
import { notAsAsked, problemOf, readOnlyObject } from './only-object.ts';
import type { Asked, Invalid, Protocol, Question, Read } from './protocol.ts';
import { isOfPairs, type Combination, type ProtocolDefinition } from './protocol-file.ts';
import { inBothOrders, type AskedNumber, type AskedQuestion } from './pair-question.ts';
import { parseReplyObject } from './reply-object.ts';

/**
 * Creates a protocol from its definition. The hash covers everything that answers depend on: texts, pictures, the form of the reply, and
 * how numbers are read and combined. Throws `bad-input` if a JSON schema uses what cannot be checked.
 *
 * @param where names the definition in errors.
 */
export function dataProtocol(definition: ProtocolDefinition, where: string): Protocol {
  const { name, about: _about, questions, derived } = definition;
  const ofPairs = questions.some(isOfPairs);
  const asked = questions.flatMap((question): AskedQuestion[] =>
    ofPairs ? inBothOrders(question) : [question as AskedQuestion],
  );
  const readers = asked.map((question) => replyReader(question, where));
  return {
    name,
    ...(ofPairs && { pairs: true }),
    hash: contentKey({ name, questions, derived }).slice(0, 16),
    questions: (about) =>
      asked.map((question, at) => ({ ...asQuestion(question, about), read: readers[at] })),
    derive: (measures) =>
      Object.fromEntries(
        Object.entries(derived).flatMap(([measure, { of, combine }]) => {
          const values = of.flatMap((each) => measures[each] ?? []);
          return values.length === of.length ? [[measure, COMBINE[combine](values)]] : [];
        }),
      ),
  };
}

const COMBINE: Readonly<Record<Combination, (values: readonly number[]) => number>> = {
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  mean,
  'geometric-mean': (values) => values.reduce((product, value) => product * value, 1) ** (1 / values.length),
};

function asQuestion(definition: AskedQuestion, asked: Asked): Omit<Question, 'read'> {
  const { name, system, parts, reply, scores } = definition;
  const { schema, enforced, maxTokens } = reply;
  return {
    name,
    system: fill(system, asked),
    parts: parts.map((part) => ('text' in part ? { text: fill(part.text, asked) } : part)),
    ...(schema !== undefined && enforced && { format: { name: 'judgement', schema } }),
    maxOutputTokens: maxTokens,
    perspectives: PERSPECTIVES.filter((perspective) => scores[perspective] !== undefined),
  };
}

/** Fills in the placeholders of a text in one pass, so what is filled in is not searched again. */
function fill(text: string, { instruction, kind, nonce }: Asked): string {
  const values: Readonly<Record<string, () => string>> = {
    '{instruction}': () => fence('instruction', instruction, nonce),
    '{instruction unfenced}': () => instruction,
    '{kind}': () => kind ?? 'not known',
  };
  return text.replaceAll(/\{[a-z ]+\}/g, (found) => values[found]?.() ?? found);
}

const NOTHING = {
  json: 'the reply is not the JSON asked for',
  python: 'the reply is not the dictionary asked for',
};

function replyReader(definition: AskedQuestion, where: string): Question['read'] {
  const { form } = definition.reply;
  const check = checker(definition, where);
  const read = (text: string): Read | Invalid | undefined => {
    const value = parseReplyObject(text, form);
    if (value === undefined) return undefined;
    const problem = check(value);
    return problem === undefined ? readNumbers(value, definition) : notAsAsked(problem);
  };
  return ({ text }) => readOnlyObject<Read>(text, read, { nothing: NOTHING[form] });
}

/** Creates a check of replies by the schema of a question. It returns what is wrong, or undefined. */
function checker({ name, reply }: AskedQuestion, where: string): (value: unknown) => string | undefined {
  let schema: z.ZodType;
  try {
    schema = reply.schema === undefined ? z.looseObject({}) : z.fromJSONSchema(reply.schema);
  } catch (cause) {
    throw new RewardEditError(
      'bad-input',
      `the schema of the question ${name} cannot be checked: ${(cause as Error).message}`,
      { where, hint: 'remove what is not needed from the schema', cause },
    );
  }
  return (value) => {
    const { error } = schema.safeParse(value);
    return error && problemOf(error);
  };
}

function readNumbers(value: unknown, { scores: wanted, measures: counted }: AskedQuestion): Read | Invalid {
  const scores: Partial<Record<Perspective, number>> = {};
  const feedback: Partial<Record<Perspective, string>> = {};
  const measures: Record<string, number> = {};
  for (const perspective of PERSPECTIVES) {
    const score = wanted[perspective];
    if (score === undefined) continue;
    const number = readNumber(value, score);
    if (typeof number !== 'number') return number;
    const [low, high] = score.range;
    // For some ranges, the highest number becomes slightly more than the highest score.
    scores[perspective] = Math.min(HIGHEST_SCORE, (number - low) * (HIGHEST_SCORE / (high - low)));
    if (score.feedback === undefined) continue;
    const text = valueAt(value, score.feedback);
    if (typeof text !== 'string') return notAsAsked(`${score.feedback}: there is no text`);
    feedback[perspective] = text.trim();
  }
  for (const [name, measure] of Object.entries(counted)) {
    const number = readNumber(value, measure);
    if (typeof number !== 'number') return number;
    measures[name] = number;
  }
  return { scores, feedback, measures: measures satisfies Measures };
}

function readNumber(
  value: unknown,
  { at, combine = 'mean', range, words, wordsOnly = false }: AskedNumber,
): number | Invalid {
  const numbers: number[] = [];
  for (const place of [at].flat()) {
    const found = valueAt(value, place);
    // A number can be the name of a place, such as 1 for the first.
    const isWord = typeof found === 'string' || (wordsOnly && typeof found === 'number');
    const said = isWord ? String(found).trim().toLowerCase() : '';
    const number =
      words !== undefined && Object.hasOwn(words, said) ? words[said] : wordsOnly ? undefined : found;
    if (typeof number !== 'number' || Number.isNaN(number))
      return notAsAsked(`${place}: there is no ${words ? 'such word' : 'number'}`);
    if (number < range[0] || number > range[1]) return { invalid: `the score ${number} is out of range` };
    numbers.push(number);
  }
  return COMBINE[combine](numbers);
}

/** Returns the value at a place such as "score.0", or undefined. */
function valueAt(value: unknown, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>(
      (inside, name) =>
        typeof inside === 'object' && inside !== null && Object.hasOwn(inside, name)
          ? (inside as Readonly<Record<string, unknown>>)[name]
          : undefined,
      value,
    );
}
