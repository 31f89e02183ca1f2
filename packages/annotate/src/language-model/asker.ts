import { APIUserAbortError } from 'openai';
import { ZodError } from 'zod';
import type { Reading } from '../protocols/protocol.ts';
import type { ChatApi, ChatReply, ChatRequest, Usage } from './chat.ts';
import type { Connection } from './connection.ts';
import { classifyFailure, waitBefore, type CallFailure } from './failures.ts';
import type { Gate, Left } from './gate.ts';
import { roomAfter } from './rate-headers.ts';
import type { ReplyStore } from './reply-store.ts';
import { createServerHealth } from './server-health.ts';
import { sleep } from './sleep.ts';
import type { Prices, Purse } from './spending.ts';
import { createPatience } from './patience.ts';
import { trackTries, type Tries } from './tries.ts';
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
  const { client, api, address } = connection;
  const patience = createPatience(options.timeout);
  const health = createServerHealth(address);

  const send = async (
    call: Call,
    { signal, cancel }: AskContext,
    tries: Tries,
  ): Promise<ChatReply | CallFailure> => {
    const tokens = call.most.input + call.most.output;
    const pass = await gate.enter({ again: tries.failed, tokens, signal });
    let left: Left = { outcome: 'failed' };
    try {
      const reservation = purse.reserve(call.most, options.prices);
      const abort = new AbortController();
      const drop = () => abort.abort();
      const forget = whenAborted(cancel, drop);
      let late: number | undefined;
      const watch = patience.watch(tries.times('timeout'), (milliseconds) => {
        late = milliseconds;
        drop();
      });
      try {
        const response = await client
          .post(api.path, { body: api.body(call.request, model), signal: abort.signal })
          .asResponse();
        const reply = readResponse(await response.text(), api);
        left = { outcome: 'kind' in reply ? 'failed' : 'good', pause: roomAfter(response.headers) };
        if ('kind' in reply) {
          watch.end('failure');
          reservation.settle('unknown');
          return reply;
        }
        watch.end('reply');
        reservation.settle(reply.usage ?? 'unknown');
        health.succeed();
        return reply;
      } catch (error) {
        watch.end('failure');
        // A server may finish, and charge for, what nobody waits for any more.
        if (error instanceof APIUserAbortError) {
          reservation.settle('unknown');
          if (late === undefined) throw cancel.reason;
          return { kind: 'timeout', message: `no reply within ${(late / 1000).toFixed(1)} s` };
        }
        reservation.settle('nothing');
        const failure = classifyFailure(error, address);
        const outcome = failure.kind === 'rate-limited' ? 'limited' : 'failed';
        left = { outcome, pause: failure.retryAfter };
        return failure;
      } finally {
        forget();
      }
    } finally {
      pass.leave(left);
    }
  };

  const askUntilAnswered = async (call: Call, context: AskContext): Promise<Asked> => {
    const began = performance.now();
    const tries = trackTries(call);
    for (;;) {
      const key = tries.key();
      const stored = await store.get(key);
      const outcome = stored ?? (await send(call, context, tries));
      if (stored !== undefined) purse.countStored();
      else if ('text' in outcome) await store.put(key, outcome);
      // What was of no use in an earlier run has been counted there.
      const counts = stored === undefined || !context.again;
      const { asked, ...tried } = tries.take(outcome, counts);
      if (tried.failure === undefined) return asked!;
      if (counts) health.fail(call.key(0), tried.failure);
      if (asked !== undefined) {
        health.assertUp(tried.failure, { began, failingSince: tried.since, again: context.again });
        return asked;
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

/** Reads the body of a response. */
function readResponse(raw: string, api: ChatApi): ChatReply | CallFailure {
  try {
    return api.read(JSON.parse(raw));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof ZodError)) throw error;
    return { kind: 'broken-reply', message: 'the response is not what this API answers', raw };
  }
}
