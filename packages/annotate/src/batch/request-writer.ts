import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError, makeFolder, syncFolder } from '@rewardedit/core';
import type { NextTry } from '../language-model/calling/next-try.ts';
import type { Note } from './batch-journal.ts';
import type { BatchTarget } from './batch-target.ts';

/** What a file of requests may hold, at most. */
export type RequestLimits = { readonly requests: number; readonly bytes: number; readonly tokens: number };

/**
 * OpenAI takes 50,000 requests and 200 MB a file (Azure twice the requests), of which a part is left free: who counts a MB as
 * 1,000,000 bytes is not said. Tokens count together with those of all batches under way, against a limit of the account.
 */
export const REQUEST_LIMITS: RequestLimits = {
  requests: 50_000,
  bytes: 190_000_000,
  tokens: Number.POSITIVE_INFINITY,
};

export type Request = Pick<NextTry, 'key' | 'most'> & { readonly line: Uint8Array };

/** Writes requests to a file on disk as they come. */
export type RequestWriter = {
  /** Whether the file has room for one more. A single request always has. */
  fits(request: Request, limits: RequestLimits): boolean;
  add(request: Request, id: string): Promise<void>;
  /** Makes the file safe on disk, and gives what is to be noted of it. */
  finish(): Promise<Extract<Note, { event: 'prepared' }>>;
  discard(): Promise<void>;
};

/** A request as a line of a file for a batch. */
export function toRequest(
  { key, request, most }: NextTry,
  { model, endpoint, connection }: BatchTarget,
): Request {
  const body = connection.api.body(request, model);
  const line = JSON.stringify({ custom_id: key, method: 'POST', url: endpoint, body });
  return { key, most, line: Buffer.from(`${line}\n`) };
}

/** Names of files of requests, under which they are found here and, since nothing else is called so, at the server. */
export const REQUEST_FILE = /^rewardedit-[0-9a-f]{16}\.jsonl$/;

export async function openRequestWriter(
  folder: string,
  { server, model, endpoint }: BatchTarget,
): Promise<RequestWriter> {
  const name = `rewardedit-${randomBytes(8).toString('hex')}.jsonl`;
  const path = join(folder, name);
  const explain = (error: unknown) => fromSystemError(error, { doing: 'write the requests', path });
  await makeFolder(folder);
  const file = await open(path, 'wx').catch((error: unknown) => {
    throw explain(error);
  });
  const ids = new Set<string>();
  const requests: [string, number, number][] = [];
  let [bytes, tokens] = [0, 0];
  return {
    fits: ({ most, line }, limits) =>
      requests.length === 0 ||
      (requests.length < limits.requests &&
        bytes + line.length <= limits.bytes &&
        tokens + most.input <= limits.tokens),
    async add({ key, most, line }, id) {
      try {
        await file.writeFile(line);
      } catch (error) {
        throw explain(error);
      }
      ids.add(id);
      requests.push([key, most.input, most.output]);
      bytes += line.length;
      tokens += most.input;
    },
    async finish() {
      try {
        await file.sync();
        await file.close();
        await syncFolder(folder);
      } catch (error) {
        throw explain(error);
      }
      return { event: 'prepared', file: name, server, model, endpoint, bytes, ids: [...ids], requests };
    },
    async discard() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
