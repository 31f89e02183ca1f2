import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError, makeFolder, syncFolder } from '@rewardedit/core';
import type { NextTry } from '../language-model/calling/next-try.ts';
import type { Note } from './batch-journal.ts';
import type { BatchTarget } from './batch-target.ts';

/** The most that a file of requests may contain. */
export type RequestLimits = { readonly requests: number; readonly bytes: number; readonly tokens: number };

/**
 * OpenAI accepts 50,000 requests and 200 MB per file (Azure twice the requests); some room is left, because it is not documented whether an
 * MB is 1,000,000 bytes. Tokens count together with those of all batches under way, against a limit of the account.
 */
export const REQUEST_LIMITS: RequestLimits = {
  requests: 50_000,
  bytes: 190_000_000,
  tokens: Number.POSITIVE_INFINITY,
};

export type Request = Pick<NextTry, 'key' | 'most'> & { readonly line: Uint8Array };

/** Writes requests to a file as they are made. */
export type RequestWriter = {
  /** Whether the file has room for one more. A first request always fits. */
  fits(request: Request, limits: RequestLimits): boolean;
  add(request: Request, id: string): Promise<void>;
  /** Makes the file safe on disk, and returns its event for the journal. */
  finish(): Promise<Extract<Note, { event: 'prepared' }>>;
  discard(): Promise<void>;
};

/** Encodes a request as a line of a batch's file. */
export function toRequest(
  { key, request, most }: NextTry,
  { model, endpoint, connection }: BatchTarget,
): Request {
  const body = connection.api.body(request, model);
  const line = JSON.stringify({ custom_id: key, method: 'POST', url: endpoint, body });
  return { key, most, line: Buffer.from(`${line}\n`) };
}

/** The names of files of requests, by which they are found here and at the server: no other file is called so. */
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
