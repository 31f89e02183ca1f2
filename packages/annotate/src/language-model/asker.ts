import { RewardEditError } from '@rewardedit/core';
import { APIUserAbortError } from 'openai';
import { ZodError } from 'zod';
import type { Reading } from '../protocols/protocol.ts';
import type { ChatReply, ChatRequest, Usage } from './chat.ts';
import type { Connection } from './connection.ts';
import {
  REJECTIONS_THAT_END_A_RUN,
  RETRIES,
  classifyFailure,
  takesNone,
  waitBefore,
  type CallFailure,
} from './failures.ts';
import type { Gate } from './gate.ts';
import { roomAfter } from './rate-headers.ts';
import type { ReplyStore } from './reply-store.ts';
import type { Prices, Purse } from './spending.ts';
import { createPatience } from './patience.ts';
import { sleep } from './sleep.ts';
import { trackTries } from './tries.ts';
import { whenAborted } from './when-aborted.ts';

/** A question to a model, with how its reply is read. */
export type Call = {
  readonly request: ChatRequest;
  /** The key of the reply in the store: of the first try, the second, ... */
  key(attempt: number): string;
  read(reply: ChatReply): Reading;
  /** Tokens that the call is likely to take at least, and those that it takes at most, as far as one can tell. */
  readonly least: Usage;
  readonly most: Usage;
};

export type AskContext = {
  /** Fires when no further call is to begin. */
  readonly signal: AbortSignal;
  /** Fires when replies that are under way are not wanted any more. */
  readonly cancel: AbortSignal;
  /** Tries anew although earlier replies in the store were of no use. */
  readonly again: boolean;
};

/** A reply that could be used, or why there is none, with what was replied instead. */
export type Asked =
  | { readonly reply: ChatReply; readonly reading: Exclude<Reading, { invalid: string }> }
  | { readonly missing: string; readonly replies: readonly string[] };

export type AskerOptions = {
  readonly connection: Connection;
  readonly model: string;
  readonly store: ReplyStore;
  readonly gate: Gate;
  readonly purse: Purse;
  readonly prices: Prices | undefined;
  /** Seconds to wait for a reply, at most. */
  readonly timeout: number;
};

/** Asks a model, as often as it takes: the one place in which calls are tried again. Every reply is stored before it is read. */
export function createAsker(options: AskerOptions): (call: Call, context: AskContext) => Promise<Asked> {
  const { connection, model, store, gate, purse } = options;
  const { client, api, host } = connection;
  const patience = createPatience(options.timeout);
  let lastSuccess = Number.NEGATIVE_INFINITY;
  let rejections = 0;

  const send = async (
    call: Call,
    { signal, cancel }: AskContext,
    again: boolean,
  ): Promise<ChatReply | CallFailure> => {
    const tokens = call.most.input + call.most.output;
    const pass = await gate.enter({ again, tokens, signal });
    let left: Parameters<typeof pass.leave>[0] = { limited: false };
    try {
      const reservation = purse.reserve(call.most, options.prices);
      const abort = new AbortController();
      const drop = () => abort.abort();
      const forget = whenAborted(cancel, drop);
      let late: number | undefined;
      const watch = patience.watch((milliseconds) => {
        late = milliseconds;
        drop();
      });
      try {
        const response = await client
          .post(api.path, { body: api.body(call.request, model), signal: abort.signal })
          .asResponse();
        left = { limited: false, pause: roomAfter(response.headers) };
        const reply = api.read(JSON.parse(await response.text()));
        reservation.settle(reply.usage ?? 'unreported');
        lastSuccess = performance.now();
        watch.end('reply');
        return reply;
      } catch (error) {
        watch.end('failure');
        reservation.settle('failed');
        if (late !== undefined)
          return { kind: 'timeout', message: `no reply within ${(late / 1000).toFixed(1)} s` };
        if (error instanceof APIUserAbortError) throw cancel.reason;
        if (error instanceof SyntaxError || error instanceof ZodError)
          return { kind: 'broken-reply', message: 'the response is not what this API answers' };
        const failure = classifyFailure(error, host);
        left = { limited: failure.kind === 'rate-limited', pause: failure.retryAfter };
        return failure;
      } finally {
        forget();
      }
    } finally {
      pass.leave(left);
    }
  };

  /** Throws where a failure that will not be tried again shows that the run cannot go on. */
  const assertHealthy = ({ kind, message }: CallFailure, began: number) => {
    if (kind === 'rate-limited') {
      throw new RewardEditError(
        'exhausted',
        `the server turns calls away however long one waits: ${message}`,
        {
          where: host,
          hint: 'run the same command again later: it goes on where it stopped',
        },
      );
    }
    if (RETRIES[kind].transport === true && lastSuccess < began) {
      throw new RewardEditError('failed', `the server does not answer: ${message}`, {
        where: host,
        hint: 'check that it runs and can be reached; the same command goes on where it stopped',
      });
    }
    rejections += Number(kind === 'rejected');
    if (rejections >= REJECTIONS_THAT_END_A_RUN && lastSuccess === Number.NEGATIVE_INFINITY) {
      throw takesNone(message, host);
    }
  };

  const askUntilAnswered = async (call: Call, context: AskContext): Promise<Asked> => {
    const began = performance.now();
    const tries = trackTries(call);
    for (;;) {
      const key = tries.key();
      const stored = await store.get(key);
      const outcome = stored ?? (await send(call, context, tries.failed));
      if (stored !== undefined) purse.countStored();
      else if ('text' in outcome) await store.put(key, outcome);
      // What was of no use in an earlier run has been counted there.
      const tried = tries.take(outcome, stored === undefined || !context.again);
      if (tried.asked !== undefined) {
        if (tried.failure !== undefined) assertHealthy(tried.failure, began);
        return tried.asked;
      }
      if (stored === undefined) await sleep(waitBefore(tried.failure, tried.times), context.signal);
    }
  };
  // The same question may be asked twice at once, about two triplets that are the same: it is paid for once.
  const underWay = new Map<string, Promise<Asked>>();
  return async (call, context) => {
    const key = call.key(0);
    const same = underWay.get(key);
    if (same !== undefined) return same;
    const asked = askUntilAnswered(call, context);
    underWay.set(key, asked);
    try {
      return await asked;
    } finally {
      underWay.delete(key);
    }
  };
}
