import { tryParseJson, RewardEditError } from '@rewardedit/core';
import OpenAI, { APIConnectionError, APIError, AzureOpenAI } from 'openai';
import { AZURE_ENDPOINT_VARIABLE, KEY_VARIABLES, type Access } from '../access/access.ts';
import { chatCompletions, type TokenLimit } from './chat-completions.ts';
import type { ChatApi } from './chat.ts';
import { belongsTo, parseServerUrl, type Provider } from '../access/origin.ts';
import { responses } from './responses.ts';
import { blotOut, createTransport, type Transport } from './transport.ts';

/** The APIs that a server may offer. */
export const APIS = ['chat', 'responses'] as const;
export type ApiName = (typeof APIS)[number];

export type ServerSettings = {
  readonly provider: Provider;
  /** The name of the model; on Azure, of the deployment. */
  readonly model: string;
  /** The address of the API up to and including "/v1"; on Azure, the endpoint of the resource. */
  readonly baseUrl?: string | undefined;
  readonly api: ApiName;
  /** The longest wait for a reply, in seconds. */
  readonly timeout: number;
  /** The most calls at once. */
  readonly concurrency: number;
  /** The server's name for the limit of a reply, if it is known. */
  readonly tokenLimit?: TokenLimit | undefined;
};

/** A server whose language models can be asked. */
export type Connection = {
  readonly client: OpenAI;
  /** The same client for files, which are streamed. */
  readonly fileClient: OpenAI;
  readonly api: ChatApi;
  /**
   * Sends a call with this body as the client would, but without building address and headers each time. Throws the client's errors, or the
   * signal's reason if that fires first.
   */
  readonly post: (body: Uint8Array, signal: AbortSignal) => Promise<{ headers: Headers; text: string }>;
  /** The server's host, for messages and records. Contains no secret. */
  readonly host: string;
  /** The address of the API, for messages. */
  readonly address: string;
  /** Removes the key from a text that the server sent. */
  readonly withoutKey: (text: string) => string;
};

const AZURE_API_VERSION = '2025-04-01-preview';

/** The client's own timeout is a fallback, so many milliseconds after ours. */
const LATER = 10_000;

/** Options of all clients: no retries, which happen in one place, and no logging. */
const CLIENT_OPTIONS = { maxRetries: 0, logLevel: 'off', adminAPIKey: null } as const;

/**
 * Prepares to ask a server; sends nothing. Throws `usage` if its address is missing, invalid or not the provider's, and `authentication` if
 * the key is missing.
 */
export function connect(settings: ServerSettings, access: Access): Connection {
  const { provider, model, api: apiName, timeout } = settings;
  const url = serverUrl(settings);
  const { origin, host } = new URL(url);
  assertEncrypted(origin, access);
  const key = checkedKey(provider, origin, access.keyOf(provider, origin));
  const headers = ownHeaders(provider, key);
  const transport = createTransport({
    ...{ origin, secret: key, connections: settings.concurrency },
    ...(headers !== undefined && { headers }),
  });
  const options = {
    ...CLIENT_OPTIONS,
    apiKey: key === '' ? 'none' : key,
    timeout: timeout * 1000 + LATER,
    fetch: transport.fetch,
    // OpenAI's organization and project must not reach another server.
    ...(provider !== 'openai' && { organization: null, project: null }),
  };
  const isOldAzure = provider === 'azure' && !url.endsWith(AZURE_V1);
  const client = isOldAzure
    ? new AzureOpenAI({
        ...options,
        baseURL: url,
        apiVersion: process.env['OPENAI_API_VERSION'] ?? AZURE_API_VERSION,
      })
    : new OpenAI({ ...options, baseURL: url });
  const { tokenLimit = provider === 'compatible' ? 'max_tokens' : 'max_completion_tokens' } = settings;
  const api = apiName === 'responses' ? responses : chatCompletions(tokenLimit);
  const inPath = isOldAzure && apiName === 'chat' ? `/deployments/${encodeURIComponent(model)}` : '';
  return {
    client,
    fileClient: client.withOptions({ fetch: transport.fetchFile }),
    api,
    post: createPost(client, { path: api.path, model, headers, transport }),
    host,
    address: `${url}${inPath}${api.path}`,
    withoutKey: (text) => blotOut(text, key),
  };
}

type CallOptions = {
  readonly path: string;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly transport: Transport;
};

/** Has the client compute address and headers once; `own` headers replace the client's. */
function createPost(
  client: OpenAI,
  { path, model, headers: own, transport }: CallOptions,
): Connection['post'] {
  const prepare = async () => {
    const { url, req } = await client.buildRequest({ method: 'post', path, body: { model } });
    const headers = own ?? Object.fromEntries(new Headers(req.headers));
    return { url, headers: { ...headers, 'content-type': 'application/json' } };
  };
  let prepared: ReturnType<typeof prepare> | undefined;
  const utf8 = new TextDecoder();
  return async (body, signal) => {
    const { url, headers: sent } = await (prepared ??= prepare());
    const response = transport.send(url, { method: 'POST', headers: sent, body, signal });
    const { status, headers, bytes } = await response.catch((cause: Error) => {
      throw signal.aborted ? signal.reason : new APIConnectionError({ cause });
    });
    const text = utf8.decode(bytes);
    if (status >= 200 && status < 300) return { headers, text };
    throw APIError.generate(status, tryParseJson(text) as object | undefined, text, headers);
  };
}

/** The headers for servers other than OpenAI's, in place of the client's. */
function ownHeaders(provider: Provider, key: string): Readonly<Record<string, string>> | undefined {
  if (provider === 'openai') return undefined;
  const credential: Record<string, string> =
    key === '' ? {} : provider === 'azure' ? { 'api-key': key } : { authorization: `Bearer ${key}` };
  return { accept: 'application/json', 'user-agent': 'rewardedit', ...credential };
}

function assertEncrypted(origin: string, access: Access): void {
  if (access.allowsHttp(origin)) return;
  throw new RewardEditError('usage', `pictures and keys would go to ${origin} without encryption`, {
    where: '--base-url',
    hint: `use https://, or, in a network that you trust, type --base-url with that address, or --allow-http ${origin}, on the command line`,
  });
}

/** Returns the key as it is sent. Throws `authentication`, without showing the key, if it is missing or cannot be a key. */
function checkedKey(provider: Provider, origin: string, given = ''): string {
  const key = given.trim();
  if (key === '' && provider === 'compatible') return '';
  // Any other character is invalid in a header, and the error about it would show the key.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const problem =
    key === ''
      ? `there is no key for ${provider} at ${origin}`
      : `the key for ${provider} contains characters that a key cannot have`;
  throw new RewardEditError('authentication', problem, {
    where: KEY_VARIABLES[provider],
    hint: keyHint(provider, origin),
  });
}

/** Says where to put a key for a server. */
function keyHint(provider: Provider, origin: string): string {
  const file = `name a file with nothing but the key: --api-key-file ${origin}=FILE`;
  if (provider === 'openai') return `set this environment variable, or ${file}`;
  const place = provider === 'azure' ? `--base-url or ${AZURE_ENDPOINT_VARIABLE}` : '--base-url';
  return `set this environment variable, which is for the server that ${place} names, or ${file}`;
}

/**
 * Returns the server's name for keys and records: its host without the port, which changes from start to start on a local machine. Throws
 * `usage` as `connect` does.
 */
export function serverName(settings: Pick<ServerSettings, 'provider' | 'baseUrl'>): string {
  return new URL(serverUrl(settings)).hostname;
}

const OPENAI_URL = 'https://api.openai.com/v1';
/** The path of Azure's newer API, which equals OpenAI's; the older one has deployment and version in the address. */
const AZURE_V1 = '/openai/v1';

/** Returns the address of the API in canonical form. Throws `usage` if it is missing, invalid, or not the provider's. */
export function serverUrl({ provider, baseUrl }: Pick<ServerSettings, 'provider' | 'baseUrl'>): string {
  const address = baseUrl ?? (provider === 'azure' ? process.env[AZURE_ENDPOINT_VARIABLE] : undefined);
  if (address === undefined) {
    if (provider === 'openai') return OPENAI_URL;
    throw new RewardEditError('usage', `the address of the ${provider} server is missing`, {
      where: '--base-url',
      hint:
        provider === 'azure'
          ? `name the endpoint, such as https://my-resource.openai.azure.com, here or in ${AZURE_ENDPOINT_VARIABLE}`
          : 'name the address of the API, such as http://127.0.0.1:8000/v1',
    });
  }
  const url = parseServerUrl(address, baseUrl === undefined ? AZURE_ENDPOINT_VARIABLE : '--base-url');
  if (!belongsTo(provider, url.origin)) throw notOwn(provider, url);
  // Users often paste the address of a whole call.
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/completions|responses)$/, '');
  if (provider !== 'azure') return `${url.origin}${path}`;
  return `${url.origin}${path.endsWith(AZURE_V1) ? path : `${path.replace(/\/openai(?:\/deployments\/[^/]+)?$/, '')}/openai`}`;
}

function notOwn(provider: Provider, { origin }: URL): RewardEditError {
  const owner = provider === 'openai' ? 'OpenAI' : 'Azure';
  const keys = `${provider === 'openai' ? 'OPENAI' : 'AZURE'}_*`;
  return new RewardEditError('usage', `${origin} is not a server of ${owner}, so its key must not go there`, {
    where: '--base-url',
    hint: `use --judge compatible:MODEL there, whose key is in ${KEY_VARIABLES.compatible}; the variables ${keys} are only sent to ${owner}'s own https addresses`,
  });
}
