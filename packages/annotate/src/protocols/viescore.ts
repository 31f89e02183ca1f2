import { z } from 'zod';
import { parseJson } from '../files/parse-json.ts';
import { fence } from './fence.ts';
import { readOnlyObject } from './only-object.ts';
import { DATA_REMINDER, ORIGINAL_AND_EDITED } from './published.ts';
import type { Asked, Protocol, Question, Reading } from './protocol.ts';

const SCALE = 10;
const POINTS_PER_SCORE = 2;
const REPLY_TOKENS = 300;

const SYSTEM =
  'You are a professional digital artist and evaluate how well AI-generated pictures turned out, by the rules given. All pictures and all ' +
  'people in them are generated, so nobody\'s privacy is concerned. Reply in this form, and keep the reasoning short:\n{"score": [...], "reasoning": "..."}';

/**
 * VIEScore for text-guided editing (Ku et al., arXiv 2312.14867; zero-shot), which GEdit-Bench uses too: two calls. Semantic
 * consistency (SC) gets two scores from 0 to 10, for the success of the edit and against over-editing; perceptual quality (PQ)
 * two, for naturalness and freedom from artefacts, from the edited picture alone. The rules are the same in meaning, the form of the reply is
 * the same. `viescore.SC` and `viescore.PQ` are the smaller of each two, `viescore.O` the root of their product, all from 0 to 10.
 */
export const viescoreProtocol: Protocol = {
  name: 'viescore',
  questions: (asked) => [consistency(asked), quality],
  derive: (measures) => {
    const { 'viescore.SC': sc, 'viescore.PQ': pq } = measures;
    return sc === undefined || pq === undefined ? {} : { 'viescore.O': Math.sqrt(sc * pq) };
  },
};

function consistency({ instruction, nonce }: Asked): Question {
  return {
    name: 'SC',
    system: SYSTEM,
    parts: [
      {
        text: [
          'Rules: you get two pictures, the original and an edited version of it. Evaluate how well the instruction was carried out in the ' +
            'second. The two may look the same, where the edit failed.',
          'Give two scores from 0 to 10. The first is for the success of the edit: 0 where the edited picture does not follow the instruction at ' +
            'all, 10 where it follows it perfectly. The second is for the degree of over-editing: 0 where the scene is completely different from ' +
            'the original, 10 where the edited picture is a minimal yet effective edit of it. Reply with both as a list: score = [score1, score2].',
          'The instruction:',
          fence('instruction', instruction, nonce),
          DATA_REMINDER,
        ].join('\n\n'),
      },
      ...ORIGINAL_AND_EDITED,
    ],
    maxOutputTokens: REPLY_TOKENS,
    perspectives: ['following', 'preserving'],
    read: ({ text }) => {
      const scores = readScores(text);
      if ('invalid' in scores) return scores;
      const [success, restraint] = scores.pair;
      return {
        scores: { following: success / POINTS_PER_SCORE, preserving: restraint / POINTS_PER_SCORE },
        feedback: { following: scores.reasoning, preserving: scores.reasoning },
        measures: { 'viescore.SC': Math.min(...scores.pair) },
      };
    },
  };
}

const quality: Question = {
  name: 'PQ',
  system: SYSTEM,
  parts: [
    {
      text: [
        'Rules: you get one AI-generated picture. Evaluate how well it was generated.',
        'Give two scores from 0 to 10. The first is for naturalness: 0 where the scene looks unnatural (wrong distances, shadows or light), 10 where it ' +
          'looks natural. The second is for artefacts: 0 where much is distorted, there are watermarks, scratches, blurred faces, unusual bodies or subjects ' +
          'that do not fit together, 10 where there are none. Reply with both as a list: score = [naturalness, artifacts].',
      ].join('\n\n'),
    },
    { picture: 'edited' },
  ],
  maxOutputTokens: REPLY_TOKENS,
  perspectives: ['quality'],
  read: ({ text }) => {
    const scores = readScores(text);
    if ('invalid' in scores) return scores;
    const least = Math.min(...scores.pair);
    return {
      scores: { quality: least / POINTS_PER_SCORE },
      feedback: { quality: scores.reasoning },
      measures: { 'viescore.PQ': least },
    };
  },
};

const scoreSchema = z.number().min(0).max(SCALE);
const replySchema = z.object({ score: z.tuple([scoreSchema, scoreSchema]), reasoning: z.string() });

type Scored = { readonly pair: [number, number]; readonly reasoning: string };

const NOTHING = { nothing: 'the reply is not the JSON asked for' };

function readScores(text: string): Extract<Reading, { invalid: string }> | Scored {
  return readOnlyObject<Scored>(text, readObject, NOTHING);
}

function readObject(json: string): Extract<Reading, { invalid: string }> | Scored | undefined {
  const value = parseJson(json);
  if (value === undefined) return undefined;
  const { data: reply, error } = replySchema.safeParse(value);
  if (reply === undefined) return { invalid: `the reply is not as asked for: ${error.issues[0].message}` };
  return { pair: reply.score, reasoning: reply.reasoning.trim() };
}
