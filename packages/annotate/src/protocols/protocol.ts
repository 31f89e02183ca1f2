import type { EditKind, Perspective, Rewrites } from '@rewardedit/core';
import type { ChatReply, JsonSchema } from '../language-model/api/chat.ts';
import type { Measures } from '../judges/judge.ts';

/** What a protocol may know of a triplet when it puts its questions. */
export type Asked = {
  readonly instruction: string;
  readonly kind: EditKind | undefined;
  /** Marks where data begins and ends; nobody who wrote the data could know it. */
  readonly nonce: string;
};

/** A picture that a question may show; `other` is the second edit of a pair. */
export type PictureRole = 'original' | 'edited' | 'other';

/** A part of a question: text, or one of the triplet's pictures. */
export type QuestionPart = { readonly text: string } | { readonly picture: PictureRole };

/** One question about a triplet. */
export type Question = {
  readonly name: string;
  readonly system: string;
  readonly parts: readonly QuestionPart[];
  /** The JSON that a reply must be; absent where the protocol reads free text. */
  readonly format?: { readonly name: string; readonly schema: JsonSchema };
  /** Tokens that a reply takes at most, without thinking. */
  readonly maxOutputTokens: number;
  /** The perspectives that this question is about. */
  readonly perspectives: readonly Perspective[];
  /** Reads a reply that came to its end. What is not exactly as asked for is `invalid`, never mended by a guess. */
  read(reply: ChatReply): Reading;
};

/** What a reply says: scores from 0 to 5, texts, and what the protocol counts besides; or why it is of no use. */
export type Reading =
  | {
      readonly scores: Partial<Record<Perspective, number>>;
      readonly feedback: Partial<Record<Perspective, string>>;
      readonly measures?: Measures;
      /** The kind of edit, where the judge was asked to name it. */
      readonly editKind?: EditKind;
      /** Instructions that were asked for. */
      readonly rewrites?: Rewrites;
    }
  | { readonly invalid: string };

/** A way of judging: which questions are asked, and how replies are read. */
export type Protocol = {
  readonly name: string;
  /** Of a protocol that is data: a hash of everything in it, 16 hexadecimal digits. */
  readonly hash?: string;
  /** Whether its questions compare two edits of one original, each pair in both orders. */
  readonly pairs?: true;
  questions(asked: Asked): readonly Question[];
  /** Numbers that follow from those of all questions. */
  readonly derive?: (measures: Measures) => Measures;
};
