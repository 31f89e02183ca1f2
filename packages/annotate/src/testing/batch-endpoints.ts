import type { ServerResponse } from 'node:http';

export type BatchEndpointsOptions = {
  /** The most tokens of requests under way; a batch that exceeds it is refused at once, or when it is next retrieved. */
  readonly room?: { readonly tokens: number; readonly refuses: 'at once' | 'later' };
  /** Every batch is finished when it is first retrieved. */
  readonly immediate?: boolean;
  /** Called, and awaited, at each step of a request: before anything is done, and when it is done but not answered. */
  readonly onStep?: (step: string) => void | Promise<void>;
};

/** How batches end. */
export type Ending = {
  readonly status?: 'completed' | 'expired' | 'cancelled';
  /** The share of the requests that are done before the end. */
  readonly share?: number;
  /** The fault of the row of a request, by its position in the file. */
  readonly fault?: (place: number) => RowFault | undefined;
  /** Additional lines of the output. */
  readonly lines?: readonly string[];
};

/** An error of the model's API, an error of the batch, no row, or a torn row. */
export type RowFault =
  | { readonly status: number; readonly error: object }
  | { readonly code: string; readonly message: string }
  | 'absent'
  | 'damaged';

export type FakeBatch = {
  readonly id: string;
  readonly input: string;
  readonly metadata: unknown;
  readonly requests: readonly BatchRequest[];
  status: string;
  output?: string;
  errors?: string;
  problem?: { readonly code: string; readonly message: string };
};

type BatchRequest = { readonly custom_id: string; readonly url: string; readonly body: object };

/** The reply of the model's API to a request, and the tokens of the request. */
export type Answerer = (body: string, path: string) => { readonly reply: object; readonly tokens: number };

/** The Files and Batch APIs of a judge server. Batches end when the test says so. */
export type BatchEndpoints = {
  readonly files: ReadonlyMap<string, { readonly name: string; readonly text: string }>;
  readonly batches: readonly FakeBatch[];
  /** How often each request was done, by its key: what would have to be paid. */
  readonly done: ReadonlyMap<string, number>;
  /** Ends all batches under way. */
  end(ending?: Ending): void;
  /** Fails all batches under way, as if their files were invalid. */
  fail(problem: { readonly code: string; readonly message: string }): void;
  /** Answers a request to these APIs; returns false for any other request. */
  answer(request: Incoming, response: ServerResponse, ask: Answerer): Promise<boolean>;
};

type Incoming = {
  readonly method: string;
  readonly url: string;
  readonly contentType: string;
  readonly body: string;
};

export function batchEndpoints(options: BatchEndpointsOptions = {}): BatchEndpoints {
  const { room, immediate = false, onStep } = options;
  const files = new Map<string, { name: string; text: string }>();
  const batches: FakeBatch[] = [];
  const done = new Map<string, number>();
  let askModel: Answerer | undefined;

  const isUnderWay = ({ status }: FakeBatch) => ['validating', 'in_progress'].includes(status);
  const keep = (name: string, text: string) => {
    const id = `file-${files.size + 1}-${Math.random().toString(16).slice(2, 8)}`;
    files.set(id, { name, text });
    return id;
  };
  const tokensOf = ({ requests }: Pick<FakeBatch, 'requests'>) =>
    requests.reduce((sum, { body, url }) => sum + askModel!(JSON.stringify(body), url).tokens, 0);
  const isFull = (batch: Pick<FakeBatch, 'requests'>) => {
    if (room === undefined) return false;
    const underWay = batches.filter((each) => each !== batch && isUnderWay(each));
    return [...underWay, batch].reduce((sum, each) => sum + tokensOf(each), 0) > room.tokens;
  };

  const end = (batch: FakeBatch, { status = 'completed', share = 1, fault, lines = [] }: Ending) => {
    const last = Math.ceil(batch.requests.length * share);
    const [output, errors]: [string[], string[]] = [[...lines], []];
    for (const [place, { custom_id: key, url, body }] of batch.requests.entries()) {
      const problem = fault?.(place);
      const id = `batch_req_${place}`;
      if (problem === 'absent') continue;
      if (place >= last) {
        const error = { code: `batch_${status}`, message: `This request was not done: ${status}.` };
        errors.push(JSON.stringify({ id, custom_id: key, response: null, error }));
      } else if (typeof problem === 'object' && 'code' in problem)
        errors.push(JSON.stringify({ id, custom_id: key, response: null, error: problem }));
      else if (typeof problem === 'object') {
        const response = { status_code: problem.status, request_id: 'r', body: { error: problem.error } };
        errors.push(JSON.stringify({ id, custom_id: key, response, error: null }));
      } else {
        done.set(key, (done.get(key) ?? 0) + 1);
        const { reply } = askModel!(JSON.stringify(body), url);
        const response = { status_code: 200, request_id: 'r', body: reply };
        const line = JSON.stringify({ id, custom_id: key, response, error: null });
        // Not in the order of the requests.
        output.unshift(problem === 'damaged' ? line.slice(0, line.length / 2) : line);
      }
    }
    batch.status = status;
    const text = (rows: string[]) => rows.map((row) => `${row}\n`).join('');
    if (output.length > 0) batch.output = keep('output.jsonl', text(output));
    if (errors.length > 0) batch.errors = keep('errors.jsonl', text(errors));
  };

  const routes: Record<string, (incoming: Incoming, id: string) => Promise<Answer> | Answer> = {
    'POST /files': async ({ body, contentType }) => {
      const form = await new Response(body, { headers: { 'content-type': contentType } }).formData();
      const file = form.get('file') as File;
      return json(fileObject(keep(file.name, await file.text()), file.name));
    },
    'GET /files': () =>
      json({ data: [...files].map(([id, { name }]) => fileObject(id, name)), has_more: false }),
    'GET /files/ID/content': (_, id) => {
      const file = files.get(id);
      return file === undefined ? notFound(id) : { status: 200, text: file.text };
    },
    'DELETE /files/ID': (_, id) =>
      files.delete(id) ? json({ id, object: 'file', deleted: true }) : notFound(id),
    'POST /batches': ({ body }) => {
      const { input_file_id: input, metadata } = JSON.parse(body) as {
        input_file_id: string;
        metadata: unknown;
      };
      const file = files.get(input);
      if (file === undefined) return notFound(input);
      const requests = file.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as BatchRequest);
      if (room?.refuses === 'at once' && isFull({ requests }))
        return json({ error: { ...NO_ROOM, type: 'invalid_request_error' } }, 400);
      const batch: FakeBatch = {
        id: `batch_${batches.length + 1}`,
        input,
        metadata,
        requests,
        status: 'validating',
      };
      batches.push(batch);
      return json(batchObject(batch));
    },
    'GET /batches': () => json({ data: batches.toReversed().map(batchObject), has_more: false }),
    'GET /batches/ID': (_, id) => {
      const batch = batches.find((each) => each.id === id);
      if (batch === undefined) return notFound(id);
      if (batch.status === 'validating') {
        if (room?.refuses === 'later' && isFull(batch))
          Object.assign(batch, { status: 'failed', problem: NO_ROOM });
        else batch.status = 'in_progress';
      }
      if (immediate && isUnderWay(batch)) end(batch, {});
      return json(batchObject(batch));
    },
  };

  return {
    files,
    batches,
    done,
    end(ending = {}) {
      for (const batch of batches.filter(isUnderWay)) end(batch, ending);
    },
    fail(problem) {
      for (const batch of batches.filter(isUnderWay)) Object.assign(batch, { status: 'failed', problem });
    },
    async answer(incoming, response, ask) {
      askModel = ask;
      const [, resource, id, rest] =
        /\/(files|batches)(?:\/([^/?]+)(\/content)?)?(?:\?.*)?$/.exec(incoming.url) ?? [];
      if (resource === undefined) return false;
      const name = `${incoming.method} /${resource}${id === undefined ? '' : '/ID'}${rest ?? ''}`;
      await onStep?.(`before ${name}`);
      const { status, text } = await routes[name](incoming, id ?? '');
      await onStep?.(`after ${name}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
      return true;
    },
  };
}

type Answer = { readonly status: number; readonly text: string };

const NO_ROOM = {
  code: 'token_limit_exceeded',
  message:
    'Enqueued token limit reached. Please try again once some in_progress batches have been completed.',
};

function json(body: object, status = 200): Answer {
  return { status, text: JSON.stringify(body) };
}

function notFound(id: string): Answer {
  return json({ error: { message: `No such object: ${id}`, type: 'invalid_request_error' } }, 404);
}

function fileObject(id: string, filename: string): object {
  return { id, object: 'file', purpose: 'batch', filename, bytes: 0, created_at: 0, status: 'processed' };
}

function batchObject({ id, input, metadata, requests, status, output, errors, problem }: FakeBatch): object {
  return {
    id,
    object: 'batch',
    endpoint: requests[0].url,
    errors:
      problem === undefined ? null : { object: 'list', data: [{ ...problem, line: null, param: null }] },
    input_file_id: input,
    completion_window: '24h',
    status,
    output_file_id: output ?? null,
    error_file_id: errors ?? null,
    created_at: Math.floor(Date.now() / 1000),
    request_counts: {
      total: requests.length,
      completed: output === undefined ? 0 : requests.length,
      failed: 0,
    },
    metadata,
  };
}
