import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answerer, BatchEndpoints } from './batch-endpoints.ts';

/** What can go wrong with a call. */
export const FAULTS = [
  'limited',
  'limited-retry-after',
  'error',
  'reset',
  'hang',
  'broken-json',
  'cut-off',
  'refusal',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A response in place of the reply. */
export type OtherResponse = {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
};

export type JudgeServerOptions = {
  /** Milliseconds that a reply takes. */
  readonly latency?: number;
  /** Which fault the call number `number` (from 0) meets; none unless told. */
  readonly fault?: (number: number, question: Question) => Fault | OtherResponse | undefined;
  /** Calls at once beyond which others are turned away with 429. */
  readonly most?: number;
  /** The key that calls must carry. */
  readonly key?: string;
  /** The port to listen on; a free one unless told. */
  readonly port?: number;
  /** The text of a reply; scores that depend on the question alone unless told. */
  readonly reply?: (question: Question) => string;
  /** Files and batches, which the server has not unless told. */
  readonly batches?: BatchEndpoints;
};

/** What a call asks, whatever the API. */
export type Question = {
  /** A hash of the texts, the pictures and the seed. */
  readonly hash: string;
  readonly text: string;
  readonly pictures: readonly string[];
  readonly hasSchema: boolean;
};

/** A call that reached the server. */
export type LoggedCall = {
  readonly hash: string;
  /** The fault that it met; "status 400" and the like for another response. */
  readonly fault: string | undefined;
  /** The path and the query that were asked for. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
};

export type JudgeServer = {
  /** Such as "http://127.0.0.1:49152/v1". */
  readonly url: string;
  readonly calls: readonly LoggedCall[];
  /** Most calls that were under way at once. */
  readonly mostAtOnce: number;
  /** Seconds that calls were under way, all together; one that hangs until its client hangs up. */
  readonly slotSeconds: number;
  close(): Promise<void>;
};

/** A server that speaks the Chat Completions and Responses APIs on a port of this machine, and fails as told: for tests and measurements. */
export async function startJudgeServer(options: JudgeServerOptions = {}): Promise<JudgeServer> {
  const { latency = 0, fault: faultOf = () => undefined, most = Number.POSITIVE_INFINITY, key } = options;
  const reply = options.reply ?? scoresFromHash;
  const calls: LoggedCall[] = [];
  let underWay = 0;
  let mostAtOnce = 0;
  let slotSeconds = 0;

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
    const fault = faultOf(calls.length, question) ?? (underWay >= most ? 'limited' : undefined);
    calls.push({
      hash: question.hash,
      fault: typeof fault === 'object' ? `status ${fault.status}` : fault,
      path: request.url ?? '',
      headers: request.headers,
    });
    underWay += 1;
    mostAtOnce = Math.max(mostAtOnce, underWay);
    const began = performance.now();
    response.once('close', () => {
      underWay -= 1;
      slotSeconds += (performance.now() - began) / 1000;
    });
    const immediate = fault === 'limited' || fault === 'limited-retry-after';
    if (latency > 0 && !immediate) await new Promise((resolve) => setTimeout(resolve, latency));
    const format = formatOf(url);
    if (fault === undefined) sendJson(response, 200, format(question, reply(question), 'complete'));
    else if (typeof fault === 'object') sendJson(response, fault.status, fault.body, fault.headers);
    else FAULT_REPLIES[fault](response, (text, finish) => format(question, text, finish), reply(question));
  };

  const server = createServer((request, response) => {
    // A client that was killed breaks off within its request.
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

/** The format of the API at a path. */
function formatOf(path: string): typeof chatReply {
  return path.includes('/responses') ? responsesReply : chatReply;
}

/** Answers the requests of batches as those that come by themselves. */
function answerer(reply: (question: Question) => string): Answerer {
  return (body, path) => {
    const question = parseQuestion(body);
    return { reply: formatOf(path)(question, reply(question), 'complete'), tokens: tokensOf(question) };
  };
}

type Finish = 'complete' | 'cut-off' | 'refusal';
type Format = (text: string, finish: Finish) => object;

const FAULT_REPLIES: Readonly<
  Record<Fault, (response: ServerResponse, format: Format, text: string) => void>
> = {
  limited: (response) => sendJson(response, 429, RATE_LIMITED),
  'limited-retry-after': (response) => sendJson(response, 429, RATE_LIMITED, { 'retry-after': '1' }),
  error: (response) => sendJson(response, 500, { error: { message: 'The server had an error' } }),
  reset: (response) => response.socket?.resetAndDestroy(),
  hang: () => undefined,
  'broken-json': (response, format, text) => {
    const json = JSON.stringify(format(text, 'complete'));
    response.writeHead(200, { 'content-type': 'application/json' }).end(json.slice(0, json.length / 2));
  },
  'cut-off': (response, format, text) =>
    sendJson(response, 200, format(text.slice(0, text.length / 2), 'cut-off')),
  refusal: (response, format) =>
    sendJson(response, 200, format("I'm sorry, I can't help with that.", 'refusal')),
};

const RATE_LIMITED = {
  error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' },
};

function sendJson(
  response: ServerResponse,
  status: number,
  body: string | object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

type Content = { text?: string; image_url?: string | { url: string } };
type Body = {
  messages?: { content: string | Content[] }[];
  instructions?: string;
  input?: { content: Content[] }[];
  seed?: number;
  response_format?: object;
  text?: { format?: object };
};

function parseQuestion(json: string): Question {
  const body = (json === '' ? {} : JSON.parse(json)) as Body;
  const contents = (body.messages ?? body.input ?? []).flatMap(({ content }) =>
    typeof content === 'string' ? [{ text: content }] : content,
  );
  const text = [body.instructions ?? '', ...contents.map((part) => part.text ?? '')].join('\n');
  const pictures = contents.flatMap(({ image_url: image }) =>
    image === undefined ? [] : [typeof image === 'string' ? image : image.url],
  );
  return {
    hash: createHash('sha256')
      .update(JSON.stringify([text, pictures, body.seed]))
      .digest('hex'),
    text,
    pictures,
    hasSchema: body.response_format !== undefined || body.text?.format !== undefined,
  };
}

/** Scores that depend on the question alone, in the form of the protocol that asks. */
function scoresFromHash({ hash, text, hasSchema }: Question): string {
  const score = (at: number, most: number) =>
    Number.parseInt(hash.slice(at * 4, at * 4 + 4), 16) % (most + 1);
  if (hasSchema || text.includes('"changes"')) {
    const judged = (at: number) => ({ failures: `Failure ${hash.slice(at, at + 6)}.`, score: score(at, 25) });
    return JSON.stringify({
      changes: 'It differs.',
      following: judged(0),
      preserving: judged(1),
      quality: judged(2),
    });
  }
  const yesOrNo = /\{'(\w+)': 'yes', 'score': 4\.5\}/.exec(text)?.[1];
  if (yesOrNo !== undefined)
    return `{'${yesOrNo}': '${score(0, 1) === 1 ? 'yes' : 'no'}', 'score': ${score(1, 5)}}`;
  return JSON.stringify({ score: [score(0, 10), score(1, 10)], reasoning: `Reason ${hash.slice(0, 6)}.` });
}

/** Tokens are counted as every fourth character, and 300 a picture. */
function tokensOf({ text, pictures }: Question): number {
  return Math.ceil(text.length / 4) + 300 * pictures.length;
}

function chatReply(question: Question, text: string, finish: Finish): object {
  const refused = finish === 'refusal';
  return {
    id: `chatcmpl-${question.hash.slice(0, 12)}`,
    object: 'chat.completion',
    created: 0,
    model: 'judge-under-test',
    system_fingerprint: 'fp_test',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: refused ? null : text, refusal: refused ? text : null },
        finish_reason: finish === 'cut-off' ? 'length' : 'stop',
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: tokensOf(question),
      completion_tokens: Math.ceil(text.length / 4),
      total_tokens: tokensOf(question) + Math.ceil(text.length / 4),
      prompt_tokens_details: { cached_tokens: 0 },
    },
  };
}

function responsesReply(question: Question, text: string, finish: Finish): object {
  const content =
    finish === 'refusal'
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [], logprobs: [] };
  return {
    id: `resp-${question.hash.slice(0, 12)}`,
    object: 'response',
    model: 'judge-under-test',
    status: finish === 'cut-off' ? 'incomplete' : 'completed',
    incomplete_details: finish === 'cut-off' ? { reason: 'max_output_tokens' } : null,
    output: [
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [content] },
    ],
    usage: {
      input_tokens: tokensOf(question),
      output_tokens: Math.ceil(text.length / 4),
      total_tokens: tokensOf(question) + Math.ceil(text.length / 4),
      input_tokens_details: { cached_tokens: 0 },
    },
  };
}
