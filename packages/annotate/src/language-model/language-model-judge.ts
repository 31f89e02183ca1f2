import { PERSPECTIVES, type EditKind, type JudgeProvenance, type Perspective } from '@rewardedit/core';
import { mean } from 'es-toolkit/math';
import { allEnded } from '../concurrency/all-ended.ts';
import type { Judge, JudgedTriplet, Judgement, Measures } from '../judges/judge.ts';
import { nonceOf } from '../protocols/fence.ts';
import type {
  Asked as QuestionContext,
  PictureRole,
  Protocol,
  Question,
  Read,
} from '../protocols/protocol.ts';
import type { AskContext, Asked, Call } from './calling/retrying-client.ts';
import type { ChatRequest, Detail, Sampling } from './api/chat.ts';
import {
  PICTURE_PREPARATION,
  encodeDifferenceFile,
  encodePairFile,
  encodePictureFile,
  type EncodedPicture,
} from './api/encoded-picture.ts';
import { withoutLengthLimits } from './api/json-schema.ts';
import { withDifferenceMap } from './api/difference-map.ts';
import { withOnePicture } from './api/one-picture.ts';
import { contentKey } from './store/reply-store.ts';
import { spentOn } from './spending/spent.ts';
import type { Prices } from './spending/spending.ts';
import { estimateUsage, type PictureTokens } from './models/token-estimate.ts';

/** Everything that an answer of a language model depends on. */
export type JudgeSettings = {
  /** The name of the judge in records: provider and model. */
  readonly name: string;
  /** The host of the server. */
  readonly server: string;
  readonly model: string;
  readonly api: string;
  /** The name of the protocol. */
  readonly protocol: string;
  /** How often each question is asked; scores are averaged. */
  readonly passes: number;
  readonly sampling: Sampling;
  /** Whether the server enforces the protocol's JSON schema; otherwise the question contains the schema as text. */
  readonly structuredOutput: boolean;
  /** Whether the schema may limit the length of strings, which OpenAI does not accept. */
  readonly lengthLimits: boolean;
  /** Whether the model accepts a system message, and more than one picture. */
  readonly systemRole: boolean;
  readonly severalPictures: boolean;
  /** The most pixels of a picture's longer side. */
  readonly maxSide: number;
  /** Absent if the server accepts none. */
  readonly detail?: Detail;
  /** Whether questions about preserving also show a difference map; absent if not, as in older versions. */
  readonly differenceMap?: true;
  /** The most tokens of reasoning. */
  readonly thinkingTokens: number;
};

export type LanguageModelOptions = {
  readonly settings: JudgeSettings;
  readonly protocol: Protocol;
  ask(call: Call, context: AskContext): Promise<Asked>;
  readonly pictureTokens?: PictureTokens | undefined;
  /** The prices of calls, if they are known. */
  readonly prices?: Prices | undefined;
};

/** A judge whose calls are known before anything is asked. */
export type LanguageModelJudge = Judge & {
  /** The calls that an answer about a triplet takes when nothing is stored. Throws `bad-input` for an unreadable picture. */
  calls(triplet: JudgedTriplet): Promise<readonly Call[]>;
};

/** Creates a judge that asks a language model by a protocol. */
export function createLanguageModelJudge({
  settings,
  protocol,
  ask,
  pictureTokens,
  prices,
}: LanguageModelOptions): LanguageModelJudge {
  const { passes } = settings;
  const prompt = promptHash(settings, protocol);
  // The reading of replies is part of a protocol that is data.
  const protocolHash = protocol.hash === undefined ? {} : { protocolHash: protocol.hash };
  const about = { ...settings, ...protocolHash, prompt, pictures: PICTURE_PREPARATION };
  const version = contentKey(about).slice(0, 16);

  const prepare = async ({ triplet, path, readFile }: JudgedTriplet): Promise<QuestionCalls[]> => {
    const { maxSide, severalPictures, differenceMap } = settings;
    const encode = (role: PictureRole) => encodePictureFile(path(role), maxSide, readFile);
    const [original, edited, other] = await Promise.all([
      encode('original'),
      encode('edited'),
      ...(protocol.pairs === true ? [encode('other')] : []),
    ]);
    const pair = severalPictures
      ? {}
      : { both: await encodePairFile(path('original'), path('edited'), maxSide) };
    const map = differenceMap && {
      difference: await encodeDifferenceFile(path('original'), path('edited'), maxSide),
    };
    const pictures = { original, edited, ...(other !== undefined && { other }), ...pair, ...map };
    // Sorted, so that the replies about a pair serve whichever dataset is named first.
    const edits = [edited, ...(other === undefined ? [] : [other])].map(({ sha256 }) => sha256).sort();
    const nonce = nonceOf(triplet.instruction, original.sha256, ...edits);
    return protocol
      .questions({ instruction: triplet.instruction, kind: triplet.kind, nonce })
      .map((question) => ({
        question,
        calls: Array.from({ length: passes }, (_, pass) =>
          toCall(question, pass, pictures, settings, pictureTokens),
        ),
      }));
  };

  return {
    name: settings.name,
    version,
    async calls(triplet) {
      return (await prepare(triplet)).flatMap(({ calls }) => calls);
    },
    async judge(triplet, { signal, cancel, again = false, emit }) {
      const questions = await prepare(triplet);
      const answers = await allEnded(
        questions.map(async ({ question, calls }) => ({
          question,
          asked: await allEnded(calls.map((call) => ask(call, { signal, cancel, again, emit }))),
        })),
      );
      const replied = answers.flatMap(({ asked }) => asked.flatMap(({ usages }) => usages));
      const judgement = toJudgement(answers, protocol.derive, {
        name: settings.name,
        version,
        protocol: protocol.name,
        ...protocolHash,
        model: settings.model,
        server: settings.server,
        passes,
        prompt,
      });
      return { ...judgement, spent: spentOn(replied, prices) };
    },
  };
}

type Pictures = Readonly<Record<'original' | 'edited', EncodedPicture>> &
  Readonly<Partial<Record<'other' | 'both' | 'difference', EncodedPicture>>>;

type QuestionCalls = { readonly question: Question; readonly calls: readonly Call[] };

function toCall(
  question: Question,
  pass: number,
  pictures: Pictures,
  settings: JudgeSettings,
  pictureTokens: PictureTokens | undefined,
): Call {
  const { sampling, thinkingTokens, detail, systemRole, severalPictures, differenceMap } = settings;
  const { system, parts, format } = withFormat(question, settings);
  const mapped = differenceMap ? withDifferenceMap({ ...question, parts }) : parts;
  const shown = (severalPictures ? mapped : withOnePicture(parts)).map((part) =>
    'text' in part ? part : { picture: pictures[part.picture]! },
  );
  const request: ChatRequest = {
    ...(systemRole ? { system, parts: shown } : { system: '', parts: [{ text: system }, ...shown] }),
    ...(detail !== undefined && { detail }),
    ...(format !== undefined && { format }),
    maxOutputTokens: question.maxOutputTokens + thinkingTokens,
    sampling: sampling.seed === undefined ? sampling : { ...sampling, seed: sampling.seed + pass },
  };
  const { server, model, api } = settings;
  const content = {
    ...{ server, model, api, pass },
    ...request,
    parts: request.parts.map((part) => ('text' in part ? part : { picture: part.picture.sha256 })),
  };
  let hash: string | undefined;
  // Each is looked up several times.
  const keys: string[] = [];
  const { low, high } = estimateUsage(request, pictureTokens);
  return {
    request,
    key: (attempt) => (keys[attempt] ??= contentKey({ content: (hash ??= contentKey(content)), attempt })),
    read: (reply) => question.read(reply),
    least: low,
    most: high,
  };
}

/** Adapts a question to the server: with the schema it accepts, or with the schema as text. */
function withFormat(
  { system, parts, format }: Question,
  { structuredOutput, lengthLimits }: JudgeSettings,
): Pick<Question, 'system' | 'parts' | 'format'> {
  if (format === undefined) return { system, parts };
  if (!structuredOutput) {
    const inWords = `Reply with JSON of this schema and with nothing else:\n${JSON.stringify(format.schema)}`;
    return { system: `${system}\n\n${inWords}`, parts };
  }
  return {
    system,
    parts,
    format: lengthLimits ? format : { ...format, schema: withoutLengthLimits(format.schema) },
  };
}

/** A hash of everything the questions say, whatever the triplet. */
function promptHash(settings: JudgeSettings, protocol: Protocol): string {
  const about = (kind: QuestionContext['kind']) =>
    protocol.questions({ instruction: '', kind, nonce: '' }).map((question) => {
      const asked = withFormat(question, settings);
      if (!settings.differenceMap) return asked;
      return { ...asked, parts: withDifferenceMap({ ...question, parts: asked.parts }) };
    });
  return contentKey([about(undefined), about('local'), about('style')]).slice(0, 16);
}

type Answers = readonly { readonly question: Question; readonly asked: readonly Asked[] }[];

/** Combines the replies to all questions. If a pass of a question has no reply, its perspectives are missing. */
function toJudgement(
  answers: Answers,
  derive: ((measures: Measures) => Measures) | undefined,
  provenance: JudgeProvenance,
): Judgement {
  const missing = answers.flatMap(({ question, asked }) => {
    const reasons = asked.flatMap((each) => ('missing' in each ? [each.missing] : []));
    return reasons.length === 0 ? [] : [`${question.name}: ${reasons[0]}`];
  });
  const replies = answers.flatMap(({ asked }) =>
    asked.flatMap((each) => ('missing' in each ? each.replies : [])),
  );
  const reason = missing.length === 0 ? undefined : missing.join('; ');
  const complete = answers.flatMap(({ asked }) => {
    const good = asked.flatMap((each) => ('reading' in each ? [each] : []));
    return good.length === asked.length ? [good] : [];
  });
  if (reason !== undefined && complete.length === 0) return { missing: reason, replies };

  const combined = complete.map((passes) => combinePasses(passes.map(({ reading }) => reading)));
  const measures = Object.assign({}, ...combined.map((each) => each.measures)) as Measures;
  const rewrites = complete.flatMap(([first]) => first.reading.rewrites ?? []).at(0);
  const kinds = complete.flatMap((passes) => passes.flatMap(({ reading }) => reading.editKind ?? []));
  const count = (kind: EditKind) => kinds.filter((each) => each === kind).length;
  const [kind] = kinds.toSorted((a, b) => count(b) - count(a));
  const { model: served, fingerprint } = complete[0][0].reply;
  return {
    reward: {
      scores: Object.assign({}, ...combined.map(({ scores }) => scores)) as Scores,
      feedback: Object.assign({}, ...combined.map(({ feedback }) => feedback)) as Texts,
      ...(provenance['passes'] !== 1 && {
        spread: Object.assign({}, ...combined.map(({ spread }) => spread)) as Scores,
      }),
      judge: {
        ...provenance,
        ...(served !== undefined && { served }),
        ...(fingerprint !== undefined && { fingerprint }),
      },
    },
    measures: { ...measures, ...derive?.(measures) },
    ...(rewrites !== undefined && { rewrites }),
    ...(kind !== undefined && { kind }),
    ...(reason !== undefined && { missing: reason, replies }),
  };
}

type Scores = Partial<Record<Perspective, number>>;
type Texts = Partial<Record<Perspective, string>>;

/** Averages passes, with their standard deviation; the text is that of the pass whose score is nearest to the mean. */
function combinePasses(readings: readonly Read[]) {
  const scores: Scores = {};
  const spread: Scores = {};
  const feedback: Texts = {};
  for (const name of PERSPECTIVES) {
    const values = readings.flatMap(({ scores: { [name]: score } }) => (score === undefined ? [] : [score]));
    if (values.length === 0) continue;
    const average = mean(values);
    scores[name] = average;
    spread[name] = Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
    const distances = values.map((value) => Math.abs(value - average));
    const text = readings[distances.indexOf(Math.min(...distances))].feedback[name];
    if (text !== undefined) feedback[name] = text;
  }
  // A measure that is missing in a pass has no mean.
  const measures = Object.fromEntries(
    Object.keys(readings[0].measures ?? {}).flatMap((key) => {
      const values = readings.flatMap(({ measures: all }) => all?.[key] ?? []);
      return values.length === readings.length ? [[key, mean(values)]] : [];
    }),
  );
  return { scores, spread, feedback, measures };
}
