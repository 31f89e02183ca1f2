/** Exit codes by kind of failure. */
export const EXIT_CODES = {
  /** Any other failure. */
  failed: 1,
  /** Invalid options or arguments. */
  usage: 2,
  /** Input data or configuration is missing or invalid. */
  'bad-input': 3,
  authentication: 4,
  /** A rate limit, quota or budget is exhausted; the same command resumes later. */
  exhausted: 5,
  /** Completed, but some items were set aside. */
  partial: 68,
  /** A submitted batch is not complete yet. */
  pending: 69,
  interrupted: 130,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof EXIT_CODES;

export type ErrorDetails = {
  /** What the user can do about it. */
  readonly hint?: string | undefined;
  /** The file (and line), item, op or setting in question. */
  readonly where?: string | undefined;
  readonly cause?: unknown;
};

/** An error for the user: what is wrong (the message), where, and what to do. */
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
