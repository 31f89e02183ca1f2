import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  fateOf,
  processIdentitySchema,
  RewardEditError,
  thisProcess,
  type Emit,
  type ProcessIdentity,
} from '@rewardedit/core';
import type { Redis } from 'ioredis';

export type LeaseOptions = {
  /** What the lease is for: the path of a file that one process at a time may write, of all that share the server. */
  readonly path: string;
  /** Told that another process has it, whose lease is waited out, and when that is over. */
  readonly emit?: Emit | undefined;
  /** Told that another process has it now, as happens to one that slept. */
  readonly onLost: (error: RewardEditError) => void;
};

const LEASE_MILLISECONDS = 6000;
const RENEWAL_MILLISECONDS = 2000;
const POLL_MILLISECONDS = 200;

/**
 * Keeps processes on other machines from writing a file, where a lock on this machine's cannot; gives the function that ends
 * it. The lease of a process that was killed runs out after some seconds, and counts for nothing on its own machine. Throws
 * 'failed' where another process keeps it.
 */
export async function takeLease(
  redis: Redis,
  { path, emit, onLost }: LeaseOptions,
): Promise<() => Promise<void>> {
  const key = `rewardedit:lease:${path}`;
  const own = JSON.stringify({ ...thisProcess(), id: randomBytes(8).toString('hex') });
  const extend = () => redis.set(key, own, 'PX', LEASE_MILLISECONDS);
  const take = async (): Promise<string | undefined> => {
    if ((await redis.set(key, own, 'PX', LEASE_MILLISECONDS, 'NX')) !== null) return undefined;
    const holder = await redis.get(key);
    if (holder !== null && !isGone(holder)) return holder;
    await extend();
    return undefined;
  };

  const deadline = performance.now() + 1.5 * LEASE_MILLISECONDS;
  let holder = await take();
  if (holder !== undefined) {
    const what = 'the run';
    emit?.({ type: 'waiting', what, why: `${describe(holder)} has it` });
    while (holder !== undefined) {
      if (performance.now() > deadline) throw inUse(holder, path);
      await sleep(POLL_MILLISECONDS);
      holder = await take();
    }
    emit?.({ type: 'waiting-over', what });
  }

  const renew = async () => {
    const holder = await redis.get(key);
    if (holder === null || holder === own) await extend();
    else onLost(inUse(holder, path));
  };
  // Where the server is away, the next renewal tries again.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEWAL_MILLISECONDS);
  return async () => {
    clearInterval(timer);
    if ((await redis.get(key)) === own) await redis.del(key);
  };
}

/** Whether the process that has a lease can be proven to have ended. */
function isGone(holder: string): boolean {
  const identity = identityOf(holder);
  return identity !== undefined && fateOf(identity) === 'dead';
}

function describe(holder: string): string {
  const identity = identityOf(holder);
  return identity === undefined ? 'Another process' : `Process ${identity.pid} on ${identity.host}`;
}

function identityOf(holder: string): ProcessIdentity | undefined {
  try {
    return processIdentitySchema.parse(JSON.parse(holder));
  } catch {
    return undefined;
  }
}

function inUse(holder: string, path: string): RewardEditError {
  return new RewardEditError('failed', `${describe(holder)} is at work here`, {
    where: path,
    hint: 'wait until it has ended or stop it, then run the same command again',
  });
}
