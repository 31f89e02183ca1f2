import { PERSPECTIVES, readJsonFile } from '@rewardedit/core';
import { z } from 'zod';

/** A text, or its lines. */
const textSchema = z
  .union([z.string(), z.array(z.string())])
  .transform((text) => (typeof text === 'string' ? text : text.join('\n')))
  .refine((text) => unknownPlaceholder(text) === undefined, {
    error: ({ input }) =>
      `there is no ${unknownPlaceholder(String(input))} to be filled in, only ${PLACEHOLDERS.join(', ')}`,
  });

/** The placeholders of a text: the instruction as fenced data, the instruction verbatim, and the kind of edit. */
export const PLACEHOLDERS = ['{instruction}', '{instruction unfenced}', '{kind}'] as const;

/** Returns words in braces that are not a placeholder. JSON contains more than words in its braces. */
function unknownPlaceholder(text: string): string | undefined {
  const words = text.match(/\{[A-Za-z][A-Za-z _-]*\}/g) ?? [];
  return words.find((word) => !(PLACEHOLDERS as readonly string[]).includes(word));
}

/** The places of two edits that are compared, in the order in which the judge sees them. */
export const PLACES = ['first', 'second'] as const;
export type Place = (typeof PLACES)[number];

/** A place in the object of a reply: names and indices joined by dots, such as "score.0". */
const placeSchema = z.string().min(1);

/** How several numbers are combined into one. */
export const COMBINATIONS = ['min', 'max', 'mean', 'geometric-mean'] as const;

const numberSchema = z.strictObject({
  at: z.union([placeSchema, z.array(placeSchema).min(1)]),
  combine: z.enum(COMBINATIONS).exactOptional(),
  /** The lowest and the highest number that may be given. */
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'the second number of a range must be higher than the first'),
  /** The number that each word stands for, in lower case, if the reply contains words. */
  words: z.record(z.string(), z.number()).exactOptional(),
});

/** A word of a reply, or several with the same meaning. */
const wordSchema = z.union([
  z
    .string()
    .min(1)
    .transform((word) => [word]),
  z.array(z.string().min(1)).min(1),
]);

/** Which of two edits is better in one respect: where the reply says so, and the words for either place and for a tie. */
const choiceSchema = z
  .strictObject({ at: placeSchema, first: wordSchema, second: wordSchema, tie: wordSchema.exactOptional() })
  .refine(({ first, second, tie = [] }) => {
    const words = [...first, ...second, ...tie].map((word) => word.toLowerCase());
    return new Set(words).size === words.length;
  }, 'a word may stand for only one of first, second and tie');

const questionSchema = z.strictObject({
  name: z.string().regex(/^[\w-]+$/),
  system: textSchema.default(''),
  /** Texts and pictures in the order in which the judge sees them. */
  parts: z
    .array(
      z.union([
        z.strictObject({ text: textSchema }),
        z.strictObject({ picture: z.enum(['original', 'edited', ...PLACES]) }),
      ]),
    )
    .min(1),
  reply: z.strictObject({
    /** The notation of the object in a reply. */
    form: z.enum(['json', 'python']).default('json'),
    /** The JSON schema by which the object is checked. */
    schema: z.record(z.string(), z.unknown()).exactOptional(),
    /** Whether the server enforces the schema. */
    enforced: z.boolean().default(false),
    maxTokens: z.int().min(1),
  }),
  /** Scaled from the range of the reply to 0 to 5. */
  scores: z
    .partialRecord(z.enum(PERSPECTIVES), numberSchema.extend({ feedback: placeSchema.exactOptional() }))
    .default({}),
  /** Numbers that are kept with the scores, not scaled. */
  measures: z.record(z.string(), numberSchema).default({}),
  /** For a question that shows two edits, in place of scores: what is compared, such as `overall`. */
  choices: z.record(z.string().regex(/^[\w-]+$/), choiceSchema).exactOptional(),
});

/** Whether a question shows two edits of one original. */
export function isOfPairs({ parts }: Pick<z.infer<typeof questionSchema>, 'parts'>): boolean {
  return parts.some((part) => 'picture' in part && (PLACES as readonly string[]).includes(part.picture));
}

/** Says why a question does not fit a protocol for pairs, or for single edits; undefined if it does. */
function misfit(
  { parts, scores, measures, choices = {} }: z.infer<typeof questionSchema>,
  ofPairs: boolean,
): string | undefined {
  const shown = new Set(parts.flatMap((part) => ('picture' in part ? [part.picture] : [])));
  const chooses = Object.keys(choices).length > 0;
  if (!ofPairs) {
    if (PLACES.some((place) => shown.has(place))) return 'shows two edits, and others show one';
    return chooses ? 'has choices, and shows no "first" and "second" to choose from' : undefined;
  }
  if (shown.has('edited')) return 'shows "edited" beside, or in place of, "first" and "second"';
  if (!PLACES.every((place) => shown.has(place)))
    return 'shows one of "first" and "second" without the other';
  if (!chooses) return 'compares two edits, and has no choices';
  const scored = Object.keys(scores).length + Object.keys(measures).length > 0;
  return scored ? 'compares two edits, which have no scores or measures of one' : undefined;
}

/** A protocol as data. docs/protocols.md describes each field. */
export const protocolSchema = z
  .strictObject({
    name: z.string().regex(/^[\w.-]+$/),
    /** For people: its source and purpose. */
    about: z.string().exactOptional(),
    questions: z.array(questionSchema).min(1),
    /** Measures computed from those of the questions. */
    derived: z
      .record(z.string(), z.strictObject({ of: z.array(z.string()).min(1), combine: z.enum(COMBINATIONS) }))
      .default({}),
  })
  .superRefine(({ questions, derived }, context) => {
    const twice = <T>(all: readonly T[]) => all.find((each, at) => all.indexOf(each) < at);
    const complain = (message: string) => context.addIssue({ code: 'custom', message });
    const name = twice(questions.map((question) => question.name));
    if (name !== undefined) complain(`two questions are called ${name}`);
    const perspectives = questions.flatMap(({ scores }) => Object.keys(scores));
    const perspective = twice(perspectives);
    if (perspective !== undefined) complain(`two questions score ${perspective}`);
    const ofPairs = questions.some(isOfPairs);
    for (const question of questions) {
      const problem = misfit(question, ofPairs);
      if (problem !== undefined) complain(`the question ${question.name} ${problem}`);
    }
    const choice = twice(questions.flatMap(({ choices = {} }) => Object.keys(choices)));
    if (choice !== undefined) complain(`two questions choose ${choice}`);
    if (!ofPairs && perspectives.length === 0) complain('no question scores anything');
    const measures = questions.flatMap((question) => Object.keys(question.measures));
    const measure = twice([...measures, ...Object.keys(derived)]);
    if (measure !== undefined) complain(`two measures are called ${measure}`);
    const missing = Object.values(derived)
      .flatMap(({ of }) => of)
      .find((each) => !measures.includes(each));
    if (missing !== undefined) complain(`no question measures ${missing}`);
  });

export type ProtocolDefinition = z.infer<typeof protocolSchema>;
export type QuestionDefinition = ProtocolDefinition['questions'][number];
export type NumberDefinition = z.infer<typeof numberSchema>;
export type Combination = (typeof COMBINATIONS)[number];

/** Reads a protocol from a file. Throws `bad-input`, naming the wrong field, if it is invalid. */
export async function readProtocolFile(path: string): Promise<ProtocolDefinition> {
  return readJsonFile(path, protocolSchema, {
    what: 'the protocol',
    hint: 'docs/protocols.md describes each field, and shows one',
  });
}
