/** What went wrong, as a person is told it. */
export type Problem = { readonly message: string; readonly where?: string; readonly hint?: string };

/** A failure that knows what to tell about itself. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** What to tell about a failure. */
export function problemOf(error: unknown): Problem {
  return error instanceof ProblemError ? error.problem : { message: String(error) };
}
