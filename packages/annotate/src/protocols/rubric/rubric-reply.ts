import { EDIT_KINDS, HIGHEST_SCORE, PERSPECTIVES, type EditKind, type Perspective } from '@rewardedit/core';
import { z } from 'zod';
import type { ChatReply, JsonSchema } from '../../language-model/api/chat.ts';
import { expectedScore } from '../expected-score.ts';
import { jsonOf, readOnlyObject } from '../only-object.ts';
import type { Question, Reading } from '../protocol.ts';
import { replySchema } from '../reply-schema.ts';

/**
 * Judges give whole numbers up to this, five to a point: of the scales from 0 to 10, 20, 25 and 30, this one agrees best with people
 * (EditScore, arXiv 2509.23909).
 */
export const FINE_SCALE = 25;
export const STEPS_PER_POINT = FINE_SCALE / HIGHEST_SCORE;

/** An enumeration of the scores is what every server can enforce. */
const SCORES = Array.from({ length: FINE_SCALE + 1 }, (_, score) => score);
const judgedSchema = z.strictObject({ failures: z.string(), score: z.literal(SCORES) });

type Reply = { readonly changes: string; readonly kind?: EditKind } & Readonly<
  Record<Perspective, z.infer<typeof judgedSchema>>
>;

/** The form of a reply, and how it is read. */
export type RubricReply = { readonly schema: JsonSchema; readonly read: Question['read'] };

/**
 * The form of a reply to the rubric, in the order of writing: failures before the score.
 *
 * @param longest the most characters of each text.
 * @param namesKind whether the reply also names the kind of edit.
 */
export function rubricReply({
  longest,
  namesKind,
}: {
  readonly longest: number;
  readonly namesKind: boolean;
}): RubricReply {
  const form = z.strictObject({
    changes: z.string(),
    ...(namesKind && { kind: z.enum(EDIT_KINDS) }),
    ...Object.fromEntries(PERSPECTIVES.map((name) => [name, judgedSchema])),
  }) as unknown as z.ZodType<Reply>;
  return { schema: replySchema(form, longest), read: (reply) => readReply(reply, form) };
}

function readReply({ text, tokens }: ChatReply, schema: z.ZodType<Reply>): Reading {
  const judged = readOnlyObject(text, jsonOf(schema), { nothing: 'the reply is not JSON' });
  if ('invalid' in judged) return judged;
  const { json, value: reply } = judged;
  // Some servers strip what they do not count as content, so search for the reply among the tokens, after those of its reasoning.
  const joined = tokens?.map(({ token }) => token).join('') ?? '';
  const start = joined.lastIndexOf(json);
  const scores: Partial<Record<Perspective, number>> = {};
  const feedback: Partial<Record<Perspective, string>> = {};
  const said: Record<string, number> = {};
  for (const name of PERSPECTIVES) {
    const { failures, score } = reply[name];
    const written = tokens && start >= 0 ? writtenScore(json, name, score) : undefined;
    const expected = written && expectedScore(tokens!, start + written.at, written.digits, FINE_SCALE);
    scores[name] = (expected ?? score) / STEPS_PER_POINT;
    feedback[name] = failures.trim();
    if (expected !== undefined) said[`said.${name}`] = score / STEPS_PER_POINT;
  }
  const { kind } = reply;
  return { scores, feedback, measures: said, ...(kind !== undefined && { editKind: kind }) };
}

/**
 * Finds where the reply has the score of a perspective, and its digits; undefined if it is written in an unusual way, of which JSON has
 * many.
 */
function writtenScore(
  json: string,
  name: Perspective,
  score: number,
): { at: number; digits: string } | undefined {
  // In strings, quotes are escaped, so an unescaped key is the key itself; the last one counts, as in JSON.
  const key = [...json.matchAll(new RegExp(`(?<!\\\\)"${name}"\\s*:\\s*\\{`, 'g'))].at(-1);
  const match = /(?<!\\)"score"\s*:\s*(\d+)(?=\s*[,}])/g;
  match.lastIndex = key?.index ?? 0;
  const found = key && match.exec(json);
  if (!found || Number(found[1]) !== score) return undefined;
  return { at: found.index + found[0].length - found[1].length, digits: found[1] };
}
