import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Format, Message } from './reply-formats.ts';

/** Failures of a call that the next one may not meet. */
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

/** How awkward servers answer: a good reply in an unusual form, an unreadable one, or an error in an unusual place. */
export const MANNERS = [
  'thinking',
  'preamble',
  'code-block',
  'reasoning-field',
  'parts',
  'other-field',
  'bare-quotes',
  'limited-in-body',
  'error-in-body',
  'flagged',
  'forbidden',
  'billing',
  'loading',
  'unfinished',
  'quota',
  'limited-for-long',
  'event-stream',
  'compressed',
  'blank-lines',
  'filtered',
  'page',
  'no-choices',
  'cut-body',
  'blind',
] as const;
export type Fault = (typeof FAULTS)[number] | (typeof MANNERS)[number];

/** Sends a reply with the text in another form. */
const inForm =
  (form: (text: string) => { text?: string; message?: Message }) =>
  (response: ServerResponse, format: Format, text: string): void => {
    const { text: formed = text, message } = form(text);
    sendJson(response, 200, format(formed, 'complete', message));
  };

/** Sends an error in OpenAI's form. */
const inError =
  (status: number, error: object, headers?: Readonly<Record<string, string>>) =>
  (response: ServerResponse): void =>
    sendJson(response, status, { error }, headers);

const THOUGHTS = 'The first picture shows a street. I compare {both} pictures step by step.';

export const FAULT_REPLIES: Readonly<
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
  thinking: inForm((text) => ({ text: `<think>\n${THOUGHTS}\n</think>\n\n${text}` })),
  preamble: inForm((text) => ({ text: `Here is what I think of {it}:\n\n${text}\n\nI hope this helps.` })),
  'code-block': inForm((text) => ({ text: `Here it is:\n\`\`\`json\n${text}\n\`\`\`\n` })),
  'reasoning-field': inForm((text) => ({ text: '', message: { reasoning_content: text } })),
  parts: inForm((text) => ({
    message: {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: THOUGHTS }] },
        { type: 'text', text },
      ],
    },
  })),
  'other-field': inForm((text) => ({
    text: '',
    message: { tool_calls: [{ type: 'function', function: { name: 'judge', arguments: text } }] },
  })),
  'bare-quotes': inForm((text) => ({ text: text.replace(/": ?"/, '$&The sign reads "OPEN" now. ') })),
  'limited-in-body': inError(200, { code: 429, message: 'too many requests this minute, wait 20 s' }),
  'error-in-body': (response) => sendJson(response, 200, { error: 'nothing is served at this address' }),
  flagged: inError(403, {
    code: 403,
    message: 'this input was flagged',
    metadata: { reasons: ['violence'] },
  }),
  forbidden: inError(403, { message: 'this is not for you' }),
  billing: inError(400, {
    message: 'Billing hard limit has been reached',
    code: 'billing_hard_limit_reached',
  }),
  loading: inError(503, { message: 'Loading model' }),
  unfinished: inError(500, { message: 'The model wrote output that does not match the expected format' }),
  quota: inError(429, { message: 'You exceeded your quota', code: 'insufficient_quota' }),
  'limited-for-long': inError(429, { message: 'Daily quota used up' }, { 'retry-after': '1800' }),
  'event-stream': (response, format, text) => {
    const events = eventsOf(format(text, 'complete'), text);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`: PROCESSING\n\n${events.map((event) => `data: ${event}\n\n`).join('')}`);
  },
  compressed: (response, format, text) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    response.writeHead(200, headers).end(gzipSync(JSON.stringify(format(text, 'complete'))));
  },
  'blank-lines': (response, format, text) =>
    sendJson(response, 200, `\n\n \n${JSON.stringify(format(text, 'complete'))}\n\n`),
  filtered: (response, format) => sendJson(response, 200, format('', 'filtered')),
  page: (response) =>
    sendJson(response, 200, '<html><head><title>502 Bad Gateway</title></head></html>', {
      'content-type': 'text/html',
    }),
  'no-choices': (response, format, text) =>
    sendJson(response, 200, { ...format(text, 'complete'), choices: [], output: null }),
  'cut-body': (response, format, text) => {
    const json = JSON.stringify(format(text, 'complete'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(json.slice(0, json.length / 2), () => response.destroy());
  },
  blind: inError(500, { message: 'image input is not supported - hint: you may need to provide the mmproj' }),
};

/** Encodes a response as the events of a stream, in the form of its API. */
function eventsOf(whole: object, text: string): string[] {
  if (!('choices' in whole)) {
    const event = { type: 'response.output_text.delta', delta: text };
    return [event, { type: 'response.completed', response: whole }].map((each) => JSON.stringify(each));
  }
  const chunk = (delta: object, finish: string | null) => ({
    ...{ ...whole, object: 'chat.completion.chunk', usage: null },
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const half = Math.floor(text.length / 2);
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    chunk({ content: text.slice(0, half) }, null),
    chunk({ content: text.slice(half) }, null),
    chunk({}, 'stop'),
    { ...whole, choices: [] },
  ];
  return [...chunks.map((each) => JSON.stringify(each)), '[DONE]'];
}

/** What a server says without working on the question. */
export const IMMEDIATE: ReadonlySet<Fault> = new Set([
  ...([
    'limited',
    'limited-retry-after',
    'limited-in-body',
    'error-in-body',
    'flagged',
    'forbidden',
  ] as const),
  ...(['billing', 'loading', 'quota', 'limited-for-long'] as const),
]);

const RATE_LIMITED = {
  error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' },
};

export function sendJson(
  response: ServerResponse,
  status: number,
  body: string | object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}
