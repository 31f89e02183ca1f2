import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { RunEndingError } from '../../judges/run-ending-error.ts';
import { retryAfter } from '../api/rate-headers.ts';
import { shortened } from '../api/shortened.ts';

/** The ways in which a call can go wrong and be worth another try, or a reply be of no use. */
export type FailureKind =
  | 'rate-limited'
  | 'unavailable'
  | 'server-error'
  | 'unreachable'
  | 'connection'
  | 'timeout'
  | 'broken-reply'
  | 'unusable-reply'
  | 'cut-off'
  | 'refusal'
  | 'content-filter'
  | 'withheld'
  | 'rejected';

type Policy = {
  /** So many failures of this kind, and the call is given up. */
  readonly most: number;
  /** Seconds before a new try; twice as many after each further failure in a row, up to `longest`, a minute by default. */
  readonly wait: number;
  readonly longest?: number;
  /** Whether the calls that wait for it wait longer the more they are. */
  readonly takesTurns?: true;
  /** Whether the server, not the question, is to blame: then the next call may well succeed. */
  readonly transport?: true;
  /** Whether it passes by itself, so that it counts only while the server has replies for other calls. */
  readonly passing?: true;
};

/** One layer of retries: how often each kind of failure is tried again. */
export const RETRIES: Readonly<Record<FailureKind, Policy>> = {
  // So often, since of many that a server turns away again and again some just have bad luck.
  'rate-limited': { most: 300, wait: 0.5, longest: 20, takesTurns: true, transport: true, passing: true },
  // A server that loads its model, or is overloaded.
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
  // 403: what the key may do, or this one question.
  withheld: { most: 1, wait: 0 },
  rejected: { most: 1, wait: 0 },
};

const LONGEST_WAIT_SECONDS = 60;
/** Nobody waits longer than this for one call, in milliseconds, whatever the server asks. */
const LONGEST_ASKED_WAIT = 5 * 60 * 1000;

/** So many refused requests without a single success mean that no request will be taken. */
export const REJECTIONS_THAT_END_A_RUN = 8;

/** Says that no request will be taken. */
export function takesNone(message: string, where: string): RunEndingError {
  return new RunEndingError('bad-input', `the server takes none of the requests: ${message}`, {
    where,
    hint: 'say what this model does not take in a file for --model-table (docs/judges.md shows how), then run the same command again',
  });
}

/** Something that went wrong with one call, in a way that may be tried again. */
export type CallFailure = {
  readonly kind: FailureKind;
  readonly message: string;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter?: number | undefined;
  /** What came in place of a response of the API, word for word. */
  readonly raw?: string;
};

/**
 * Milliseconds to wait before the next try, after `times` failures in a row; spread, so that calls do not come in waves.
 *
 * @param turn seconds that it takes until all that wait after such a failure have had their turn, where they take turns.
 */
export function waitBefore({ kind, retryAfter: asked }: CallFailure, times: number, turn = 0): number {
  const { wait, longest = LONGEST_WAIT_SECONDS, takesTurns = false } = RETRIES[kind];
  const own = Math.min(Math.max(wait * 2 ** (times - 1), takesTurns ? turn : 0), longest) * 1000;
  return Math.max(Math.min(asked ?? 0, LONGEST_ASKED_WAIT), own * (0.75 + 0.25 * Math.random()));
}

/** What the status of a response means, where it does not end the run. */
const STATUSES: Readonly<Record<number, FailureKind>> = {
  408: 'timeout',
  409: 'server-error',
  425: 'server-error',
  429: 'rate-limited',
  503: 'unavailable',
  529: 'unavailable',
};

/** A question that needs more than is allowed in a minute: waiting does not help. */
const TOO_LARGE = /request too large/i;
const FILTERED = /content[_ ]?(?:policy|filter)|responsible ?ai/i;
/** What llama.cpp says of a reply that it could not take apart, which is mostly one that was cut off within its thoughts or its JSON. */
const UNFINISHED = /output that does not match the expected/i;
/** What servers say of pictures that no model of theirs takes, some with a status that blames themselves. */
const BLIND = /\bimages?\b.*\bnot supported\b|\bnot support\b.*\bimages?\b|\bmmproj\b/i;
/** What moderation says of a question that it withholds. */
const FLAGGED = /flagged|moderation/i;

/**
 * What went wrong with a call. Throws an error that ends the run where no other call would fare better: 'authentication' where
 * the key is refused (401; 403 may be about this call alone), 'exhausted' where the account has no credit left, 'bad-input' where the model or the address does not exist.
 *
 * @param where names the server, for messages.
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

/** An error as a server tells it: in the status and the body of a response, or in the body alone. */
export type ServerError = {
  readonly status: number | undefined;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly said: string;
  readonly headers?: Headers | undefined;
};

/** As `classifyFailure`, of an error that a server tells. */
export function classifyError(
  { status, code, type, said, headers }: ServerError,
  where: string,
): CallFailure {
  const message = shortened(said.replaceAll(/\s+/g, ' ').trim());
  if (status === 401) throw refusedKey(message, where);
  if (code === 'insufficient_quota' || type === 'insufficient_quota' || status === 402) {
    throw new RunEndingError('exhausted', `the account has no credit left: ${message}`, {
      where,
      hint: 'add credit, then run the same command again: it goes on where it stopped',
    });
  }
  if (status !== undefined && status >= 300 && status < 400) {
    const to = placeOf(headers?.get('location'), where);
    throw new RunEndingError(
      'bad-input',
      `the server sends on to ${to}, where neither pictures nor a key follow`,
      {
        where,
        hint: 'if that is the server that you mean, name it with --base-url',
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

/** Says that the key opens nothing. */
export function refusedKey(message: string, where: string): RunEndingError {
  return new RunEndingError('authentication', `the server refuses the key: ${message}`, {
    where,
    hint: 'check the environment variable that holds the key, and what the key may do',
  });
}

/** Where a response redirects to, without anything that may be secret. */
function placeOf(location: string | null | undefined, from: string): string {
  const base = URL.canParse(from) ? from : `https://${from}`;
  if (!location || !URL.canParse(location, base)) return 'another place';
  const { origin, pathname } = new URL(location, base);
  return `${origin}${pathname}`;
}

/** What the system calls it when no connection comes about, whatever is to be sent over it. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What the system says about a connection, such as "connect ECONNREFUSED 127.0.0.1:8000". */
function causeOf(error: Error): { code: string | undefined; message: string } {
  let deepest = error;
  while (deepest.cause instanceof Error) deepest = deepest.cause;
  const { code } = deepest as NodeJS.ErrnoException;
  return { code, message: deepest.message === '' ? (code ?? deepest.name) : deepest.message };
}
