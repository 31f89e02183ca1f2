/** What went wrong, in words for the user. */
export type Problem = { readonly message: string; readonly where?: string; readonly hint?: string };

/** An error with a message for the user. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Describes an error for the user. */
export function problemOf(error: unknown): Problem {
  return error instanceof ProblemError ? error.problem : { message: String(error) };
}
