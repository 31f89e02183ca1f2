import { addAbortListener } from 'node:events';
import type { Emit } from '@rewardedit/core';
import { ZodError } from 'zod';
import type { Read, Reading } from '../../protocols/protocol.ts';
import { createWaits } from '../../concurrency/waits.ts';
import type { ChatApi, ChatReply, ChatRequest, Usage } from '../api/chat.ts';
import type { Connection } from '../api/connection.ts';
import { errorInBody } from '../api/error-in-body.ts';
import {
  RETRIES,
  classifyError,
  classifyFailure,
  waitBefore,
  type CallFailure,
  type FailureKind,
} from './failures.ts';
import type { RateLimiter, Released } from './rate-limiter.ts';
import { createKeyTrust } from './key-trust.ts';
import type { NextTry } from './next-try.ts';
import { readReply, saidIn } from './read-reply.ts';
import { roomAfter } from '../api/rate-headers.ts';
import { encodeBody } from '../api/request-body.ts';
import { parseBody } from '../api/response-body.ts';
import { shortened } from '../api/shortened.ts';
import type { ReplyStore } from '../store/reply-store.ts';
import { createServerHealth, formatTime } from './server-health.ts';
import { sleep } from '../../concurrency/sleep.ts';
import type { SpendingTracker } from '../spending/spending-tracker.ts';
import type { Prices } from '../spending/spending.ts';
import { trackTries } from './tries.ts';

/** A question to a model, and how its reply is read. */
export type Call = {
  readonly request: ChatRequest;
  /** The key of the reply in the store, for the first try, the second, and so on. */
  key(attempt: number): string;
  read(reply: ChatReply): Reading;
  /** The least tokens that the call is likely to take, and the most that it can take, as far as known. */
  readonly least: Usage;
  readonly most: Usage;
};

export type AskContext = {
  /** Fires when no further call may begin; calls under way may finish, and their results are kept. */
  readonly signal: AbortSignal;
  /** Fires when the run has failed and replies under way are no longer wanted. */
  readonly cancel: AbortSignal;
  /** Tries again despite unusable replies in the store. */
  readonly again: boolean;
  /** Receives calls, retries and waits. */
  readonly emit?: Emit | undefined;
};

/** A usable reply, or why there is none, with the unusable ones; and the usage of all replies, as far as servers report it. */
export type Asked = { readonly usages: readonly (Usage | undefined)[] } & (
  | { readonly reply: ChatReply; readonly reading: Read }
  | { readonly missing: string; readonly replies: readonly string[] }
);

export type RetryingClientOptions = {
  readonly connection: Connection;
  readonly model: string;
  readonly store: ReplyStore;
  readonly limiter: RateLimiter;
  readonly tracker: SpendingTracker;
  readonly prices: Prices | undefined;
  /** The timeout of a call, in seconds. */
  readonly timeout: number;
  /** Seconds for which the run continues while no call gets a reply: five minutes by default, at least three timeouts. */
  readonly patience?: number | undefined;
  /** Returns the time in milliseconds since 1970. */
  readonly clock?: () => number;
};

/** Failures after which the server may charge: it had received the whole question. */
const MAY_BE_CHARGED: ReadonlySet<FailureKind> = new Set([
  'connection',
  'timeout',
  'server-error',
  'cut-off',
]);

const PATIENCE_SECONDS = 300;
const LEAST_TIMEOUTS = 3;
/** A silence of so many milliseconds is reported. */
const SILENCE_TOLD = 30_000;
/** A server that takes more than this share of the timeout is busy enough. */
const SLOW = 0.5;

/** Calls that a server turns away are tried again so often, in total, for each reply it gives. */
const TRIES_PER_REPLY = 8;

/** Characters of an invalid response that are quoted. */
const LONGEST_BEGINNING = 120;

type Sent = { readonly outcome: ChatReply | CallFailure; readonly sentAt: number };

/** Creates the client that asks a model and retries: the only place where calls are tried again. Every reply is stored before it is read. */
export function createRetryingClient(
  options: RetryingClientOptions,
): (call: Call, context: AskContext) => Promise<Asked> {
  const { connection, model, store, limiter, tracker, timeout, clock = steadyClock } = options;
  const { post, api, host, address } = connection;
  const { patience = Math.max(PATIENCE_SECONDS, LEAST_TIMEOUTS * timeout) } = options;
  const health = createServerHealth({ host: address, patience, clock });
  const trust = createKeyTrust(address);
  const waits = createWaits(clock);
  /** Ends the report that no call gets a reply. */
  let endSilence: (() => void) | undefined;

  const send = async (
    { request, most, longer }: NextTry,
    { signal, cancel, emit }: AskContext,
    again: boolean,
  ): Promise<Sent> => {
    const seconds = timeout * longer;
    const permit = await limiter.acquire({
      ...{ again, tokens: most.input + most.output, signal },
      onWait: (milliseconds, why) => waits.during(milliseconds, { what: 'the rate limit', why }, emit),
    });
    let released: Released = { outcome: 'failed' };
    try {
      const reservation = await tracker.reserve(most, options.prices, signal, (why) =>
        waits.begin({ what: 'the budget', why }, emit),
      );
      const sentAt = clock();
      const abort = new AbortController();
      const drop = () => abort.abort();
      const listening = addAbortListener(cancel, drop);
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        drop();
      }, seconds * 1000);
      try {
        const { text, headers } = await post(encodeBody(api, request, model), abort.signal);
        const reply = readResponse(text, api, address);
        if ('kind' in reply) {
          // An error of a gateway is not charged; a broken response may be.
          reservation.settle(reply.kind === 'broken-reply' ? 'uncertain' : 'nothing');
          if (reply.kind === 'rate-limited') released = { outcome: 'limited' };
          return { outcome: reply, sentAt };
        }
        reservation.settle(reply.usage ?? 'unreported');
        health.succeed();
        endSilence?.();
        endSilence = undefined;
        trust.confirm();
        const pause = roomAfter(headers);
        if (pause !== undefined) {
          const why = `${host} has no room for more calls until then`;
          waits.during(pause, { what: 'the rate limit', why, asked: true }, emit);
        }
        released = { outcome: clock() - sentAt > SLOW * seconds * 1000 ? 'slow' : 'good', pause };
        return { outcome: reply, sentAt };
      } catch (error) {
        // A server may finish, and charge for, an abandoned call.
        if (error === abort.signal.reason) {
          reservation.settle('uncertain');
          if (!late) throw cancel.reason;
          released = { outcome: 'late' };
          return { outcome: { kind: 'timeout', message: `no reply within ${seconds} s` }, sentAt };
        }
        let failure: CallFailure | undefined;
        try {
          failure = classifyFailure(error, address);
        } finally {
          reservation.settle(
            failure !== undefined && MAY_BE_CHARGED.has(failure.kind) ? 'uncertain' : 'nothing',
          );
        }
        if (failure.kind === 'rate-limited') released = { outcome: 'limited', pause: failure.retryAfter };
        return { outcome: failure, sentAt };
      } finally {
        clearTimeout(timer);
        listening[Symbol.dispose]();
      }
    } finally {
      permit.release(released);
    }
  };

  const waiting = new Map<FailureKind, number>();
  /** Waits before a call is tried again. Returns whether there is patience left with the server. */
  const wait = async (
    { failure, times }: { readonly failure: CallFailure; readonly times: number },
    inARow: number,
    sentAt: number,
    { signal, emit }: AskContext,
  ) => {
    const passes = RETRIES[failure.kind].passing === true || failure.retryAfter !== undefined;
    const { kind, message: reason } = failure;
    const others = waiting.get(kind) ?? 0;
    const replies = health.repliesPerSecond();
    const turn = replies > 0 ? others / (TRIES_PER_REPLY * replies) : 0;
    let milliseconds = waitBefore(failure, inARow, turn);
    const asked = (failure.retryAfter ?? 0) > 0;
    const what = kind === 'rate-limited' ? 'the rate limit' : 'the server';
    const why = `${host} ${asked ? 'asks for it' : 'says'}: ${reason}`;
    waits.during(milliseconds, { what, why, asked }, emit);
    emit?.({ type: 'retry', kind, reason, times, seconds: milliseconds / 1000 });
    waiting.set(kind, others + 1);
    try {
      do {
        const left = passes ? health.patienceLeft(sentAt) : Number.POSITIVE_INFINITY;
        if (left <= 0) return false;
        if (left < patience * 1000 - SILENCE_TOLD) {
          const silence = `no call to ${host} has got one; the run ends ${formatTime(clock() + left)} unless one does`;
          endSilence ??= waits.begin({ what: 'a reply', why: silence }, emit);
        }
        const step = Math.min(milliseconds, Math.ceil(left));
        await sleep(step, signal);
        milliseconds -= step;
      } while (milliseconds > 0);
      return true;
    } finally {
      waiting.set(kind, waiting.get(kind)! - 1);
    }
  };

  const sendAndTell = async (next: NextTry, context: AskContext, again: boolean): Promise<Sent> => {
    const sent = await send(next, context, again);
    const outcome = 'kind' in sent.outcome ? sent.outcome.kind : 'reply';
    context.emit?.({ type: 'call', model, outcome, seconds: Math.max(0, clock() - sent.sentAt) / 1000 });
    context.emit?.(tracker.report());
    return sent;
  };

  const askUntilAnswered = async (call: Call, context: AskContext): Promise<Asked> => {
    const began = clock();
    const tries = trackTries(call);
    const failingSince = new Map<FailureKind, number>();
    let [inARow, triedAt] = [0, began];
    for (;;) {
      const next = tries.next();
      const stored = await store.get(next.key);
      const { outcome, sentAt } =
        stored === undefined
          ? await sendAndTell(next, context, tries.failed)
          : { outcome: stored, sentAt: began };
      if (stored !== undefined) {
        tracker.countStored();
        context.emit?.(tracker.report());
      } else if ('text' in outcome) await store.put(next.key, outcome);
      else if (outcome.kind === 'withheld') await trust.doubt(outcome);
      // Unusable replies of an earlier run were counted there.
      const counts =
        stored === undefined ? 'text' in outcome || health.isOwnFault(outcome, sentAt) : !context.again;
      const tried = tries.take(outcome, counts);
      if (tried.failure === undefined) return tried.asked;
      const { asked, failure, givenUp } = tried;
      const { kind } = failure;
      // A server that has replied to other calls since the last try has room again.
      inARow = RETRIES[kind].passing === true && health.repliedSince(triedAt) ? 1 : inARow + 1;
      triedAt = sentAt;
      failingSince.set(kind, failingSince.get(kind) ?? sentAt);
      const history = { began, failingSince: failingSince.get(kind)!, again: context.again };
      if (stored === undefined || counts) health.fail(call.key(0), failure);
      if (asked !== undefined) {
        health.assertUp(failure, history);
        return asked;
      }
      if (stored === undefined && !(await wait(tried, inARow, sentAt, context))) {
        health.assertAnswers(failure, history);
        return givenUp;
      }
    }
  };
  // The same question may be asked twice at once, about two equal triplets: it is paid for once.
  const underWay = new Map<string, Promise<Asked>>();
  return async (call, context) => {
    const key = call.key(0);
    const same = underWay.get(key);
    if (same !== undefined) return readAgain(call, await same);
    const end = trust.begin();
    const asked = askUntilAnswered(call, context);
    underWay.set(key, asked);
    try {
      return await asked;
    } finally {
      underWay.delete(key);
      end();
    }
  };
}

/** Reads the reply to another call with the same question. The answer may differ, as for a pair of two equal edits. */
function readAgain(call: Call, asked: Asked): Asked {
  if ('missing' in asked) return asked;
  const reading = readReply(call, asked.reply);
  if (!('kind' in reading)) return { ...asked, reading };
  return { missing: reading.message, replies: [saidIn(asked.reply)], usages: asked.usages };
}

/** The time in milliseconds since 1970, steady even if the clock of the machine is changed. */
function steadyClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Reads the body of a response. Throws as `classifyError` does if it contains an error that ends the run. */
function readResponse(raw: string, api: ChatApi, where: string): ChatReply | CallFailure {
  try {
    const response = parseBody(raw);
    const error = errorInBody(response);
    return error === undefined ? api.read(response) : classifyError(error, where);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof ZodError)) throw error;
    const begins = shortened(raw.replaceAll(/\s+/g, ' ').trim(), LONGEST_BEGINNING);
    const found = begins === '' ? 'it is empty' : `it begins: ${begins}`;
    return { kind: 'broken-reply', message: `the response is not what this API answers; ${found}`, raw };
  }
}
