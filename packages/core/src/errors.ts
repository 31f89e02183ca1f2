/** What sort of failure it is, and the exit code that a command ends with. */
export const EXIT_CODES = {
  /** Anything that is none of the others. */
  failed: 1,
  /** The command was called wrongly. */
  usage: 2,
  /** Input data or configuration is missing or invalid. */
  'bad-input': 3,
  authentication: 4,
  /** A rate, quota or budget is used up; the same command continues later. */
  exhausted: 5,
  /** Done, but some items were set aside. */
  partial: 68,
  /** A batch that was submitted is not finished yet. */
  pending: 69,
  interrupted: 130,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof EXIT_CODES;

export type ErrorDetails = {
  /** What the user can do about it. */
  readonly hint?: string | undefined;
  /** The file (and line), item, op or setting that it is about. */
  readonly where?: string | undefined;
  readonly cause?: unknown;
};

/** An error that is meant for the user: what was wrong (the message), where, and what to do. */
export class RewardEditError extends Error {
  override readonly name = 'RewardEditError';
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly where?: string;

  constructor(code: ErrorCode, message: string, { hint, where, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    if (hint !== undefined) this.hint = hint;
    if (where !== undefined) this.where = where;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }
}
