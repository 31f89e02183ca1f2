import { openAsBlob } from 'node:fs';
import { RewardEditError, type Emit } from '@rewardedit/core';
import { APIConnectionError, APIError, APIUserAbortError } from 'openai';
import { ZodError, z } from 'zod';
import type { Connection } from '../language-model/api/connection.ts';
import {
  RETRIES,
  classifyFailure,
  refusedKey,
  waitBefore,
  type FailureKind,
} from '../language-model/calling/failures.ts';
import { shortened } from '../language-model/api/shortened.ts';
import { sleep } from '../concurrency/sleep.ts';
import { createWaits } from '../concurrency/waits.ts';
import { linesOf } from './lines.ts';

/** The fields of a batch that are used. Servers omit, or set to null or '', what they do not support. */
const batchSchema = z.object({
  id: z.string(),
  status: z.string(),
  input_file_id: z.string().nullish(),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }).nullish(),
  errors: z
    .object({
      data: z
        .array(
          z.object({ code: z.string().nullish(), message: z.string().nullish(), line: z.number().nullish() }),
        )
        .nullish(),
    })
    .nullish(),
});

export type Batch = z.infer<typeof batchSchema>;

const fileSchema = z.object({ id: z.string(), status: z.string().nullish(), filename: z.string().nullish() });

/** The outcome of a submission. A lost file has to be uploaded again. */
export type Submission = { readonly batch: Batch } | { readonly refused: string } | { readonly lost: string };

export type SubmittedFile = {
  /** Its name, and its id at the server. */
  readonly name: string;
  readonly id: string;
  /** Batches of it that the server did not start. */
  readonly refused: ReadonlySet<string>;
};

export type BatchClient = {
  /** Throws `usage` if the server has no Batch API, and `authentication` if it refuses the key. */
  probe(): Promise<void>;
  /** Uploads a file of requests and returns its id. With `look`, searches for an earlier upload of unknown outcome first. */
  upload(path: string, name: string, look: boolean): Promise<string>;
  /** Finds a batch of the file that was created without our knowledge; those in `refused` do not count. */
  find(file: SubmittedFile): Promise<Batch | undefined>;
  /** Creates a batch from an uploaded file. */
  submit(file: SubmittedFile, endpoint: string): Promise<Submission>;
  retrieve(batch: string): Promise<Batch>;
  /** Reads the lines of files at the server with `take`, from the beginning again if the connection breaks off. */
  readLines<Result>(
    ids: readonly string[],
    take: (lines: AsyncIterable<string>) => Promise<Result>,
  ): Promise<Result>;
  /** Deletes a file at the server. Returns whether it is gone. */
  remove(id: string): Promise<boolean>;
};

export type BatchClientOptions = {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Retries without limit while the server cannot be reached. */
  readonly persistent: boolean;
  /** Receives waits. */
  readonly emit: Emit;
};

/** The metadata key by which a batch of unknown id is found. */
const MARK = 'rewardedit';
/** The most tries if nobody waits. */
const MOST_TRIES = 5;
/** Large files take long over slow connections. */
const UPLOAD_MILLISECONDS = 3 * 60 * 60 * 1000;
const LONGEST_WAIT_FOR_FILE = 4000;
/** What servers say if too many tokens are under way; OpenAI reports it later, in the batch. */
export const NO_ROOM = /token_limit_exceeded|enqueued token/i;

/** Creates a client for a server's Batch API. Files and batches have names by which those of unknown id are found again. */
export function createBatchClient({ connection, signal, persistent, emit }: BatchClientOptions): BatchClient {
  const { client, fileClient, host, withoutKey } = connection;
  const where = client.baseURL;
  const waits = createWaits(Date.now);

  /** Does some work, and retries it after a transient failure. */
  const persistently = async <Result>(
    work: (again: boolean) => Promise<Result>,
    missing: () => RewardEditError,
  ): Promise<Result> => {
    const failures = new Map<FailureKind, number>();
    for (;;) {
      try {
        return await work(failures.size > 0);
      } catch (error) {
        if (signal.aborted || error instanceof APIUserAbortError) throw signal.reason;
        if (isMissing(error)) throw missing();
        const failure =
          error instanceof SyntaxError || error instanceof ZodError
            ? ({ kind: 'broken-reply', message: 'the response is not what this API answers' } as const)
            : classifyFailure(error, where);
        const { kind, message } = failure;
        if (kind === 'withheld') throw refusedKey(message, where);
        const times = (failures.get(kind) ?? 0) + 1;
        failures.set(kind, times);
        const endless = persistent && RETRIES[kind].transport === true;
        if (!endless && times >= Math.min(RETRIES[kind].most, MOST_TRIES)) {
          const code = kind === 'rate-limited' ? 'exhausted' : kind === 'rejected' ? 'bad-input' : 'failed';
          throw new RewardEditError(code, `the server fails: ${message}`, {
            where,
            hint: 'the same command resumes where it stopped',
          });
        }
        const wait = waitBefore(failure, times);
        waits.during(wait, { what: 'the server', why: `${host} says: ${message}` }, emit);
        await sleep(wait, signal);
      }
    }
  };

  const findFile = async (name: string) => {
    for await (const file of client.files.list({ purpose: 'batch' }, { signal }))
      if (file.filename === name) return fileSchema.parse(file);
    return undefined;
  };

  const findBatch = async ({ id, name, refused }: SubmittedFile) => {
    for await (const each of client.batches.list({ limit: 100 }, { signal })) {
      const batch = batchSchema.parse(each);
      const isOurs = batch.input_file_id === id || batch.metadata?.[MARK] === name;
      if (isOurs && !refused.has(batch.id)) return batch;
    }
    return undefined;
  };

  const create = async ({ id, name }: SubmittedFile, endpoint: string): Promise<Submission> => {
    try {
      const created = await client.batches.create(
        {
          input_file_id: id,
          endpoint: endpoint as '/v1/chat/completions',
          completion_window: '24h',
          metadata: { [MARK]: name },
        },
        { signal },
      );
      return { batch: batchSchema.parse(created) };
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      const { message, code } = error as APIError;
      if (NO_ROOM.test(`${code} ${message}`)) return { refused: shortened(message) };
      if (message.includes(id)) return { lost: shortened(message) };
      throw error;
    }
  };

  const noBatchApi = () =>
    new RewardEditError('usage', 'the server has no Batch API', {
      where,
      hint: 'leave out --batch to ask the model call by call',
    });
  const gone = (what: string) => () =>
    new RewardEditError('bad-input', `the server does not know ${what}`, {
      where,
      hint: 'check that the key belongs to the same project; to ask, and pay, again, move batches.jsonl away',
    });

  return {
    probe: () =>
      persistently(async () => void (await client.batches.list({ limit: 1 }, { signal })), noBatchApi),
    upload: (path, name, look) =>
      persistently(async (again) => {
        const earlier = look || again ? await findFile(name) : undefined;
        let file = earlier;
        if (file === undefined) {
          const blob = await openAsBlob(path);
          const upload = new File([blob], name, { type: 'application/jsonl' });
          file = fileSchema.parse(
            await fileClient.files.create(
              { file: upload, purpose: 'batch' },
              { signal, timeout: UPLOAD_MILLISECONDS },
            ),
          );
        }
        // Azure validates a file before it accepts it.
        for (let wait = 1000; file.status === 'pending' || file.status === 'running'; wait *= 2) {
          await sleep(wait, signal);
          file = fileSchema.parse(await client.files.retrieve(file.id, { signal }));
        }
        return file.id;
      }, noBatchApi),
    find: (file) => persistently(() => findBatch(file), noBatchApi),
    submit: (file, endpoint) =>
      persistently(async (again) => {
        const earlier = again ? await findBatch(file) : undefined;
        if (earlier !== undefined) return { batch: earlier };
        for (let wait = 1000; ; wait *= 2) {
          const submission = await create(file, endpoint);
          // A newly uploaded file may not be known everywhere yet.
          if (!('lost' in submission) || wait > LONGEST_WAIT_FOR_FILE) return submission;
          await sleep(wait, signal);
        }
      }, noBatchApi),
    retrieve: (batch) =>
      persistently(
        async () => batchSchema.parse(await client.batches.retrieve(batch, { signal })),
        gone(`the batch ${batch}`),
      ),
    readLines: (ids, take) =>
      persistently(() => {
        const lines = async function* () {
          for (const id of ids)
            for await (const line of download(await fileClient.files.content(id, { signal })))
              yield withoutKey(line);
        };
        return take(lines());
      }, gone('the output files of the batch')),
    async remove(id) {
      try {
        await client.files.delete(id, { signal });
        return true;
      } catch (error) {
        return isMissing(error);
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof APIError && [404, 405, 501].includes((error as APIError).status ?? 0);
}

async function* download(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  try {
    yield* linesOf(response.body);
  } catch (cause) {
    throw new APIConnectionError({ message: 'the download broke off', cause: cause as Error });
  }
}
