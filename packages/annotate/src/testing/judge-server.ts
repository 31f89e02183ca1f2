import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answerer, BatchEndpoints } from './batch-endpoints.ts';
import { FAULT_REPLIES, IMMEDIATE, sendJson, type Fault } from './faults.ts';
import { parseQuestion, scoresFromHash, type Question } from './question.ts';
import { chatReply, responsesReply, tokensOf } from './reply-formats.ts';

/** A response in place of the reply. */
export type OtherResponse = {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
};

export type JudgeServerOptions = {
  /** The milliseconds that a reply takes. */
  readonly latency?: number;
  /** The fault of call number `number` (from 0); none by default. */
  readonly fault?: (number: number, question: Question) => Fault | OtherResponse | undefined;
  /** With more calls at once than this, others are turned away with 429. */
  readonly most?: number;
  /** The calls that it works on at once; others wait their turn, and a call whose client has left takes none. */
  readonly slots?: number;
  /** The milliseconds after its start in which it loads its model, and whether it is silent until then or answers 503. */
  readonly loading?: { readonly milliseconds: number; readonly silent: boolean };
  /** The key that calls must have. */
  readonly key?: string;
  /** The port to listen on; a free one by default. */
  readonly port?: number;
  /** The text of a reply; by default, scores that depend on the question alone. */
  readonly reply?: (question: Question) => string;
  /** Files and batches; none by default. */
  readonly batches?: BatchEndpoints;
};

/** A call that reached the server. */
export type LoggedCall = {
  readonly hash: string;
  readonly topic: string;
  /** The fault that it met; "status 400" and the like for another response. */
  readonly fault: string | undefined;
  /** The path and query of the request. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** When it arrived, in milliseconds of `performance.now`, and how many seconds it took; absent while it is under way. */
  readonly at: number;
  seconds?: number;
};

export type JudgeServer = {
  /** Such as "http://127.0.0.1:49152/v1". */
  readonly url: string;
  readonly calls: readonly LoggedCall[];
  /** The most calls that were under way at once. */
  readonly mostAtOnce: number;
  /** The seconds that all calls were under way in total; a hanging one until its client hangs up. */
  readonly slotSeconds: number;
  close(): Promise<void>;
};

/** Starts a server with the Chat Completions and Responses APIs on a port of this machine that fails as told: for tests and measurements. */
export async function startJudgeServer(options: JudgeServerOptions = {}): Promise<JudgeServer> {
  const { latency = 0, fault: faultOf = () => undefined, most = Number.POSITIVE_INFINITY, key } = options;
  const reply = options.reply ?? scoresFromHash;
  const calls: LoggedCall[] = [];
  let underWay = 0;
  let mostAtOnce = 0;
  let slotSeconds = 0;
  const started = performance.now();
  const slots = createTurns(options.slots ?? Number.POSITIVE_INFINITY);

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    if (
      key !== undefined &&
      request.headers.authorization !== `Bearer ${key}` &&
      request.headers['api-key'] !== key
    ) {
      sendJson(response, 401, { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } });
      return;
    }
    const { method = '', url = '', headers } = request;
    const incoming = { method, url, body, contentType: headers['content-type'] ?? '' };
    if ((await options.batches?.answer(incoming, response, answerer(reply))) === true) return;
    if (method !== 'POST' || !/\/(?:chat\/completions|responses)(?:\?|$)/.test(url)) {
      sendJson(response, 404, { error: { message: `Unknown request URL: ${method} ${url}` } });
      return;
    }
    const question = parseQuestion(body);
    const { loading } = options;
    const loadingLeft = loading === undefined ? 0 : started + loading.milliseconds - performance.now();
    const own = loadingLeft > 0 && loading?.silent === false ? 'loading' : faultOf(calls.length, question);
    const fault = own ?? (underWay >= most ? 'limited' : undefined);
    const call: LoggedCall = {
      hash: question.hash,
      topic: question.topic,
      fault: typeof fault === 'object' ? `status ${fault.status}` : fault,
      path: request.url ?? '',
      headers: request.headers,
      at: performance.now(),
    };
    calls.push(call);
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    response.once('close', () => {
      underWay -= 1;
      call.seconds = (performance.now() - call.at) / 1000;
      slotSeconds += call.seconds;
    });
    if (loadingLeft > 0 && loading?.silent === true) await sleep(loadingLeft);
    await slots.take();
    const immediate = fault !== undefined && typeof fault !== 'object' && IMMEDIATE.has(fault);
    if (latency > 0 && !immediate && !response.destroyed) await sleep(latency);
    slots.release();
    const format = formatOf(url);
    if (fault === undefined) sendJson(response, 200, format(question, reply(question), 'complete'));
    else if (typeof fault === 'object') sendJson(response, fault.status, fault.body, fault.headers);
    else
      FAULT_REPLIES[fault](
        response,
        (text, finish, message) => format(question, text, finish, message),
        reply(question),
      );
  };

  const server = createServer((request, response) => {
    // A killed client breaks off within its request.
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get slotSeconds() {
      return slotSeconds;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Returns the reply format of the API at a path. */
function formatOf(path: string): typeof chatReply {
  return path.includes('/responses') ? responsesReply : chatReply;
}

/** Answers the requests of batches like direct ones. */
function answerer(reply: (question: Question) => string): Answerer {
  return (body, path) => {
    const question = parseQuestion(body);
    return { reply: formatOf(path)(question, reply(question), 'complete'), tokens: tokensOf(question) };
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Limits how many work at once, first come, first served. */
function createTurns(count: number) {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return {
    async take(): Promise<void> {
      if (taken >= count) await new Promise<void>((resolve) => waiting.push(resolve));
      else taken += 1;
    },
    release(): void {
      const next = waiting.shift();
      if (next === undefined) taken -= 1;
      else next();
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
