import type { EditKind, Perspective, Rewrites } from '@rewardedit/core';
import type { ChatReply, JsonSchema } from '../language-model/api/chat.ts';
import type { Measures } from '../judges/judge.ts';

/** What a protocol may know of a triplet when it asks. */
export type Asked = {
  readonly instruction: string;
  readonly kind: EditKind | undefined;
  /** Marks where data begins and ends; the author of the data could not predict it. */
  readonly nonce: string;
};

/** A picture that a question may show; `other` is the second edit of a pair. */
export type PictureRole = 'original' | 'edited' | 'other';

/** A part of a question: a text, or one of the triplet's pictures. */
export type QuestionPart = { readonly text: string } | { readonly picture: PictureRole };

/** One question about a triplet. */
export type Question = {
  readonly name: string;
  readonly system: string;
  readonly parts: readonly QuestionPart[];
  /** The JSON schema of the reply; absent if the reply is free text. */
  readonly format?: { readonly name: string; readonly schema: JsonSchema };
  /** The most tokens that a reply may take, without reasoning. */
  readonly maxOutputTokens: number;
  /** The perspectives that the question is about. */
  readonly perspectives: readonly Perspective[];
  /** Reads a complete reply. Whatever is not exactly as asked for is `invalid`; nothing is guessed. */
  read(reply: ChatReply): Reading;
};

/** What a usable reply says: scores from 0 to 5, texts, and other measures of the protocol. */
export type Read = {
  readonly scores: Partial<Record<Perspective, number>>;
  readonly feedback: Partial<Record<Perspective, string>>;
  readonly measures?: Measures;
  /** The kind of edit, if the judge was asked to name it. */
  readonly editKind?: EditKind;
  /** The instructions, if they were asked for. */
  readonly rewrites?: Rewrites;
};

/** Why a reply is unusable. */
export type Invalid = { readonly invalid: string };

export type Reading = Read | Invalid;

/** A way of judging: its questions, and how replies are read. */
export type Protocol = {
  readonly name: string;
  /** For a protocol defined as data: a hash of its definition, 16 hexadecimal digits. */
  readonly hash?: string;
  /** Whether the questions compare two edits of one original, each pair in both orders. */
  readonly pairs?: true;
  questions(asked: Asked): readonly Question[];
  /** Computes measures from those of all questions. */
  readonly derive?: (measures: Measures) => Measures;
};
