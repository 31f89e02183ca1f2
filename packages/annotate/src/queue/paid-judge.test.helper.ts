import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RewardEditError, writeFileAtomic } from '@rewardedit/core';
import { z } from 'zod';
import type { CreateJudge } from './serve-run.ts';

/** A service that is paid per answer, and remembers what it was asked. */
export type PaidService = {
  readonly url: string;
  /** The ids of the triplets it was asked about, in the order of the calls. */
  readonly calls: string[];
  /** Those it was asked about although the reply was already stored; there must be none. */
  readonly paidTwice: string[];
  close(): void;
};

const settingsSchema = z.object({ url: z.string(), replies: z.string(), version: z.string().default('1') });

const replyPath = (replies: string, id: string) =>
  join(replies, `${createHash('sha256').update(id).digest('hex')}.json`);

/** Starts a service whose answers take some time; its customers store replies in `replies`. */
export async function startPaidService(replies: string, milliseconds: number): Promise<PaidService> {
  const calls: string[] = [];
  const paidTwice: string[] = [];
  const answer = async (id: string): Promise<string> => {
    calls.push(id);
    if (existsSync(replyPath(replies, id))) paidTwice.push(id);
    await sleep(milliseconds);
    const number = createHash('sha256').update(id).digest()[0];
    return JSON.stringify(number % 10 === 0 ? { refused: 'no' } : { quality: (number % 51) / 10 });
  };
  const server = createServer((request, response) => {
    const id = decodeURIComponent((request.url ?? '').slice(1));
    void answer(id).then((text) => response.end(text));
  }).listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, calls, paidTwice, close: () => server.close() };
}

/** A judge that takes no time and asks nobody. */
const createInstantJudge: CreateJudge = async () => ({
  judge: {
    name: 'instant',
    version: '1',
    judge: async () => ({
      reward: {
        scores: { following: 4.5, preserving: 3, quality: 5 },
        feedback: {
          following: 'Nothing failed.',
          preserving: 'The sky became darker, which was not asked for.',
          quality: 'Nothing failed.',
        },
      },
    }),
  },
});

/** The judge of these tests: the instant one, unless the settings name a service. */
export const createTestJudge: CreateJudge = (settings) =>
  'url' in settings ? createPaidJudge(settings) : createInstantJudge(settings);

/**
 * A judge that asks the service in its settings, and stores each reply before it reads it. The instructions "end the process", "no key" and
 * "wrong reward" make it do just that.
 */
export const createPaidJudge: CreateJudge = async (settings) => {
  const { url, replies, version } = settingsSchema.parse(settings);
  const ask = async (id: string): Promise<string> => {
    const path = replyPath(replies, id);
    if (existsSync(path)) return readFile(path, 'utf8');
    const response = await fetch(`${url}/${encodeURIComponent(id)}`);
    const text = await response.text();
    await writeFileAtomic(path, text);
    return text;
  };
  await mkdir(replies, { recursive: true });
  return {
    judge: {
      name: 'paid',
      version,
      async judge({ triplet }) {
        if (triplet.instruction === 'end the process') process.kill(process.pid, 'SIGKILL');
        if (triplet.instruction === 'no key')
          throw new RewardEditError('authentication', 'the key is wrong', { hint: 'set another one' });
        const reply = JSON.parse(await ask(triplet.id)) as { refused?: string; quality: number };
        if (reply.refused !== undefined) return { missing: 'refused', replies: [reply.refused] };
        const quality = triplet.instruction === 'wrong reward' ? 7 : reply.quality;
        return {
          reward: { scores: { quality }, feedback: { quality: triplet.instruction } },
          measures: { 'words, counted': triplet.instruction.split(' ').length },
        };
      },
    },
  };
};
