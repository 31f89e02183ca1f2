import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { RunEndingError } from '../../judges/run-ending-error.ts';
import { retryAfter } from '../api/rate-headers.ts';
import { shortened } from '../api/shortened.ts';

type Policy = {
  /** After so many failures of this kind, the call is given up. */
  readonly most: number;
  /** Seconds before the next try, doubled after each further failure in a row up to `longest`, a minute by default. */
  readonly wait: number;
  readonly longest?: number;
  /** Whether the wait grows with the number of calls that wait for the same reason. */
  readonly takesTurns?: true;
  /** Whether the server is to blame, not the question: the next call may well succeed. */
  readonly transport?: true;
  /** Whether it passes by itself, so it counts only while the server replies to other calls. */
  readonly passing?: true;
};

const POLICIES = {
  // So many, because some of the calls that a busy server turns away are just unlucky.
  'rate-limited': { most: 300, wait: 0.5, longest: 20, takesTurns: true, transport: true, passing: true },
  // A server that is overloaded, or loading its model.
  unavailable: { most: 6, wait: 1, longest: 15, transport: true, passing: true },
  'server-error': { most: 6, wait: 0.5, transport: true },
  unreachable: { most: 6, wait: 0.5, transport: true },
  connection: { most: 6, wait: 0.5, transport: true },
  timeout: { most: 5, wait: 0, transport: true, passing: true },
  'broken-reply': { most: 4, wait: 0.5, transport: true },
  'unusable-reply': { most: 3, wait: 0 },
  'cut-off': { most: 3, wait: 0 },
  refusal: { most: 2, wait: 0 },
  'content-filter': { most: 1, wait: 0 },
  // 403: about the permissions of the key, or about this one question.
  withheld: { most: 1, wait: 0 },
  rejected: { most: 1, wait: 0 },
} as const satisfies Record<string, Policy>;

/** The ways in which a call can fail, or its reply be unusable. */
export type FailureKind = keyof typeof POLICIES;

/** The one table of retries: how often each kind of failure is tried again. */
export const RETRIES: Readonly<Record<FailureKind, Policy>> = POLICIES;

const LONGEST_WAIT_SECONDS = 60;
/** The longest wait for one call, in milliseconds, whatever the server asks for. */
const LONGEST_ASKED_WAIT = 5 * 60 * 1000;

/** After so many rejected requests without a success, no request will be accepted. */
export const REJECTIONS_THAT_END_A_RUN = 8;

/** The error for a server that accepts no request. */
export function takesNone(message: string, where: string): RunEndingError {
  return new RunEndingError('bad-input', `the server rejects every request: ${message}`, {
    where,
    hint: 'describe what this model does not accept in a file for --model-table (see docs/judges.md), then run the same command again',
  });
}

/** The failure of one call, which may be tried again. */
export type CallFailure = {
  readonly kind: FailureKind;
  readonly message: string;
  /** The wait in milliseconds that the server asks for. */
  readonly retryAfter?: number | undefined;
  /** What came in place of a response of the API. */
  readonly raw?: string;
};

/**
 * Returns the milliseconds to wait before the next try, after `times` failures in a row; randomized, so that calls do not come in waves.
 *
 * @param turn seconds until all calls that wait for the same reason have been tried, for failures that take turns.
 */
export function waitBefore({ kind, retryAfter: asked }: CallFailure, times: number, turn = 0): number {
  const { wait, longest = LONGEST_WAIT_SECONDS, takesTurns = false } = RETRIES[kind];
  const own = Math.min(Math.max(wait * 2 ** (times - 1), takesTurns ? turn : 0), longest) * 1000;
  return Math.max(Math.min(asked ?? 0, LONGEST_ASKED_WAIT), own * (0.75 + 0.25 * Math.random()));
}

/** What a status means, if it does not end the run. */
const STATUSES: Readonly<Record<number, FailureKind>> = {
  408: 'timeout',
  409: 'server-error',
  425: 'server-error',
  429: 'rate-limited',
  503: 'unavailable',
  529: 'unavailable',
};

/** A question that exceeds the limit per minute, so waiting does not help. */
const TOO_LARGE = /request too large/i;
const FILTERED = /content[_ ]?(?:policy|filter)|responsible ?ai/i;
/** llama.cpp's message for a reply that it could not parse: mostly one cut off within its reasoning or its JSON. */
const UNFINISHED = /output that does not match the expected/i;
/** What servers say if their model accepts no pictures, some with a status that blames the server. */
const BLIND = /\bimages?\b.*\bnot supported\b|\bnot support\b.*\bimages?\b|\bmmproj\b/i;
/** What moderation says of a question that it withholds. */
const FLAGGED = /flagged|moderation/i;

/**
 * Classifies the failure of a call. Throws the error that ends the run if no other call would succeed: `authentication` for a refused key
 * (401; 403 may be about this call alone), `exhausted` for an account without credit, `bad-input` for an unknown model or address.
 *
 * @param where names the server in messages.
 */
export function classifyFailure(error: unknown, where: string): CallFailure {
  if (error instanceof APIConnectionTimeoutError) return { kind: 'timeout', message: 'no reply in time' };
  if (error instanceof APIConnectionError) {
    const { code, message } = causeOf(error);
    return { kind: UNREACHABLE.has(code ?? '') ? 'unreachable' : 'connection', message };
  }
  if (!(error instanceof APIError)) throw error;
  const { status, headers, code, type } = error as APIError;
  const said = `${status ?? ''} ${error.message.replace(/^\d+ /, '')}`;
  return classifyError({ status, code, type, said, headers }, where);
}

/** An error reported by a server: in the status and the body of a response, or in the body alone. */
export type ServerError = {
  readonly status: number | undefined;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly said: string;
  readonly headers?: Headers | undefined;
};

/** Classifies an error reported by a server, as `classifyFailure` does. */
export function classifyError(
  { status, code, type, said, headers }: ServerError,
  where: string,
): CallFailure {
  const message = shortened(said.replaceAll(/\s+/g, ' ').trim());
  if (status === 401) throw refusedKey(message, where);
  if (code === 'insufficient_quota' || type === 'insufficient_quota' || status === 402) {
    throw new RunEndingError('exhausted', `the account has no credit left: ${message}`, {
      where,
      hint: 'add credit, then run the same command again: it resumes where it stopped',
    });
  }
  if (status !== undefined && status >= 300 && status < 400) {
    const to = placeOf(headers?.get('location'), where);
    throw new RunEndingError(
      'bad-input',
      `the server redirects to ${to}; pictures and keys are not sent there`,
      {
        where,
        hint: 'if that is the right server, name it with --base-url',
      },
    );
  }
  if (status === 404) {
    throw new RunEndingError('bad-input', `the server does not know the model or the address: ${message}`, {
      where,
      hint: 'check the name of the model and --base-url, which ends in /v1 for most servers',
    });
  }
  if (status === 400 && FILTERED.test(`${String(code)} ${String(type)} ${message}`))
    return { kind: 'content-filter', message };
  if (status === 403) return { kind: FLAGGED.test(message) ? 'content-filter' : 'withheld', message };
  if (status === 429 && TOO_LARGE.test(message)) return { kind: 'rejected', message };
  if (status !== undefined && status >= 500 && BLIND.test(message)) return { kind: 'rejected', message };
  if (status === 500 && UNFINISHED.test(message)) return { kind: 'cut-off', message };
  const kind = STATUSES[status ?? 0] ?? ((status ?? 500) >= 500 ? 'server-error' : 'rejected');
  return { kind, message, retryAfter: headers && retryAfter(headers, Date.now()) };
}

/** The error for a key that the server refuses. */
export function refusedKey(message: string, where: string): RunEndingError {
  return new RunEndingError('authentication', `the server refuses the key: ${message}`, {
    where,
    hint: 'check the environment variable with the key, and the permissions of the key',
  });
}

/** Where a response redirects to, without anything that may be secret. */
function placeOf(location: string | null | undefined, from: string): string {
  const base = URL.canParse(from) ? from : `https://${from}`;
  if (!location || !URL.canParse(location, base)) return 'another address';
  const { origin, pathname } = new URL(location, base);
  return `${origin}${pathname}`;
}

/** The system's codes for a connection that could not be made, whatever was to be sent. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The system's message about a connection, such as "connect ECONNREFUSED 127.0.0.1:8000". */
function causeOf(error: Error): { code: string | undefined; message: string } {
  let deepest = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  const { code } = deepest as NodeJS.ErrnoException;
  return { code, message: deepest.message === '' ? (code ?? deepest.name) : deepest.message };
}
