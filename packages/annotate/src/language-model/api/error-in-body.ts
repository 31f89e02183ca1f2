import type { ServerError } from '../calling/failures.ts';

/** The HTTP status that an error deserved, by the words that servers use for it. */
const STATUSES: readonly (readonly [words: RegExp, status: number])[] = [
  [/rate.?limit|too many requests/i, 429],
  [/overloaded|unavailable/i, 503],
  [/server_error|internal/i, 500],
];

/**
 * Returns the error in a response whose status says success, as gateways send it (OpenRouter, LM Studio, and the Responses API for a failed
 * response); undefined if there is none. If it contains no status, its words decide; unknown words count as a rejected request.
 */
export function errorInBody(response: unknown): ServerError | undefined {
  const { error, choices } = fieldsOf(response);
  const found = error ?? fieldsOf(Array.isArray(choices) ? choices[0] : undefined)['error'];
  if (found === undefined || found === null) return undefined;
  const { code, type, status, message } = fieldsOf(found);
  const said =
    typeof found === 'string' ? found : typeof message === 'string' ? message : JSON.stringify(found);
  const statusCode = [code, status].map(Number).find((number) => number >= 400 && number < 600);
  const words = STATUSES.find(([pattern]) => pattern.test(`${String(code)} ${String(type)} ${said}`));
  return {
    status: statusCode ?? words?.[1] ?? 400,
    code,
    type,
    said: statusCode === undefined ? said : `${statusCode} ${said}`,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
