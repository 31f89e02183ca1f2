import { createHash } from 'node:crypto';
import { EDIT_KINDS } from '@rewardedit/core';

/** What a call asks, whatever the API. */
export type Question = {
  /** A hash of texts, pictures, seed and the limit of the reply. */
  readonly hash: string;
  /** A hash without what distinguishes a retry from the first try, for a judge that always answers the same. */
  readonly topic: string;
  readonly text: string;
  readonly pictures: readonly string[];
  readonly hasSchema: boolean;
};

type Content = { text?: string; image_url?: string | { url: string } };
type Body = {
  messages?: { content: string | Content[] }[];
  instructions?: string;
  input?: { content: Content[] }[];
  seed?: number;
  max_tokens?: number;
  max_completion_tokens?: number;
  max_output_tokens?: number;
  response_format?: object;
  text?: { format?: object };
};

/** Parses the body of a request. */
export function parseQuestion(json: string): Question {
  const body = (json === '' ? {} : JSON.parse(json)) as Body;
  const contents = (body.messages ?? body.input ?? []).flatMap(({ content }) =>
    typeof content === 'string' ? [{ text: content }] : content,
  );
  const text = [body.instructions ?? '', ...contents.map((part) => part.text ?? '')].join('\n');
  const pictures = contents.flatMap(({ image_url: image }) =>
    image === undefined ? [] : [typeof image === 'string' ? image : image.url],
  );
  const limit = body.max_tokens ?? body.max_completion_tokens ?? body.max_output_tokens;
  const { seed } = body;
  const first = text.replace(/\n\(Try \d+\.\) [^\n]*$/, '');
  return {
    hash: hashOf([text, pictures, seed, limit]),
    topic: hashOf([first, pictures, seed === undefined ? undefined : seed % SEEDS_PER_TRY]),
    text,
    pictures,
    hasSchema: body.response_format !== undefined || body.text?.format !== undefined,
  };
}

/** The distance of the seeds of tries about one question. */
const SEEDS_PER_TRY = 1000;

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** Returns scores that depend on the question alone, in the form of the protocol that asks. */
export function scoresFromHash({ topic: hash, text, hasSchema }: Question): string {
  const score = (at: number, most: number) =>
    Number.parseInt(hash.slice(at * 4, at * 4 + 4), 16) % (most + 1);
  if (hasSchema || text.includes('"changes"')) {
    const judged = (at: number) => ({ failures: `Failure ${hash.slice(at, at + 6)}.`, score: score(at, 25) });
    return JSON.stringify({
      changes: 'It differs.',
      ...(text.includes('("kind")') && { kind: EDIT_KINDS[score(3, EDIT_KINDS.length - 1)] }),
      following: judged(0),
      preserving: judged(1),
      quality: judged(2),
    });
  }
  const yesOrNo = /\{'(\w+)': 'yes', 'score': 4\.5\}/.exec(text)?.[1];
  if (yesOrNo !== undefined)
    return `{'${yesOrNo}': '${score(0, 1) === 1 ? 'yes' : 'no'}', 'score': ${score(1, 5)}}`;
  return JSON.stringify({ score: [score(0, 10), score(1, 10)], reasoning: `Reason ${hash.slice(0, 6)}.` });
}
