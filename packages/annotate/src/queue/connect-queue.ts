import { setTimeout as sleep } from 'node:timers/promises';
import { RewardEditError, type Emit } from '@rewardedit/core';
import { Redis } from 'ioredis';
import type { QueueAddress } from './queue-address.ts';

export type ConnectOptions = {
  readonly address: QueueAddress;
  /** Receives the loss and the return of the connection. */
  readonly emit?: Emit | undefined;
};

/** A connection to a queue's server. */
export type QueueConnection = {
  readonly redis: Redis;
  /**
   * Stops reconnecting: a lost connection now fails its pending commands. (Disconnecting a client that is about to reconnect would leave
   * them waiting forever.)
   */
  giveUp(): void;
  close(): void;
};

const LONGEST_PAUSE_MILLISECONDS = 2000;
const QUEUE = 'the queue';

/**
 * Connects to a queue's server. A connection lost later is re-established as often as necessary, while commands wait. Throws `failed` if
 * the server cannot be reached at first, and `authentication` if it refuses user or password.
 */
export async function connectQueue({ address, emit }: ConnectOptions): Promise<QueueConnection> {
  let persistent = false;
  let problem: Error | undefined;
  const redis = new Redis({
    ...address.connection(),
    lazyConnect: true,
    // Commands wait for the connection without limit.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (persistent ? Math.min(100 * times, LONGEST_PAUSE_MILLISECONDS) : null),
  });
  redis.on('error', (error: Error) => (problem ??= error));
  try {
    await redis.connect();
    await redis.ping();
    if (problem !== undefined) throw problem;
  } catch (error) {
    redis.disconnect();
    throw explained(problem ?? error, address);
  }
  persistent = true;
  let [lost, closed] = [false, false];
  redis.on('reconnecting', () => {
    if (!lost) emit?.({ type: 'waiting', what: QUEUE, why: `the connection to ${address.shown} is lost` });
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) emit?.({ type: 'waiting-over', what: QUEUE });
    lost = false;
    if (closed) redis.disconnect();
  });
  const giveUp = () => (persistent = false);
  return {
    redis,
    giveUp,
    close() {
      giveUp();
      closed = true;
      if (redis.status !== 'reconnecting') redis.disconnect();
    },
  };
}

function explained(cause: unknown, { shown }: QueueAddress): RewardEditError {
  const text = cause instanceof Error ? cause.message : String(cause);
  if (/^(?:NOAUTH|WRONGPASS|NOPERM)\b/.test(text) || /invalid password/i.test(text)) {
    return new RewardEditError('authentication', 'the server of the queue refuses the user or the password', {
      where: shown,
      hint: 'set the environment variable REDIS_PASSWORD, and put the user, if there is one, into the URL',
      cause,
    });
  }
  return new RewardEditError('failed', `cannot use the server of the queue: ${text}`, {
    where: shown,
    hint: 'check the address, and that a Redis or Valkey server runs there',
    cause,
  });
}

/** Wraps an error of the server in one that says what to do. */
export function brokenQueue(error: unknown): unknown {
  if (error instanceof RewardEditError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new RewardEditError('failed', `the queue does not work: ${message}`, {
    hint: 'check the memory and the permissions of its server, then run the same command again',
    cause: error,
  });
}

/** Does idempotent work, again if the connection breaks in the middle. */
export async function withRetries<Result>(redis: Redis, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (redis.status === 'end' || !(error instanceof Error) || error.name !== 'AbortError') throw error;
      await sleep(100);
    }
  }
}
