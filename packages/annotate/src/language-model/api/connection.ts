import { tryParseJson, RewardEditError } from '@rewardedit/core';
import OpenAI, { APIConnectionError, APIError, AzureOpenAI } from 'openai';
import { AZURE_ENDPOINT_VARIABLE, KEY_VARIABLES, type Access } from '../access/access.ts';
import { chatCompletions, type TokenLimit } from './chat-completions.ts';
import type { ChatApi } from './chat.ts';
import { belongsTo, parseServerUrl, type Provider } from '../access/origin.ts';
import { responses } from './responses.ts';
import { blotOut, createTransport, type Transport } from './transport.ts';

/** The APIs that a server may speak. */
export const APIS = ['chat', 'responses'] as const;
export type ApiName = (typeof APIS)[number];

export type ServerSettings = {
  readonly provider: Provider;
  /** The name of the model; of the deployment, on Azure. */
  readonly model: string;
  /** Where the server is, up to and with "/v1"; the endpoint of the resource, on Azure. */
  readonly baseUrl?: string | undefined;
  readonly api: ApiName;
  /** Seconds to wait for a reply, at most. */
  readonly timeout: number;
  /** Calls at once, at most. */
  readonly concurrency: number;
  /** What the server calls the limit of a reply, where that is known. */
  readonly tokenLimit?: TokenLimit | undefined;
};

/** A server that language models can be asked on. */
export type Connection = {
  readonly client: OpenAI;
  /** The same, for files, which go and come in pieces. */
  readonly fileClient: OpenAI;
  readonly api: ChatApi;
  /**
   * Sends a call with this body as the client would, but without building address and headers anew for each. Throws the client's
   * errors, and the signal's reason where that fires first.
   */
  readonly post: (body: Uint8Array, signal: AbortSignal) => Promise<{ headers: Headers; text: string }>;
  /** Names the server in messages and records: its host, without anything secret. */
  readonly host: string;
  /** The address that is asked, for messages. */
  readonly address: string;
  /** A text that the server sent, without the key where it repeats that. */
  readonly withoutKey: (text: string) => string;
};

const AZURE_API_VERSION = '2025-04-01-preview';

/** The client's own limit of time is there for the case that ours fails: milliseconds after it. */
const LATER = 10_000;

/** What all clients have in common: no retries, which are made in one place of ours, and no logging. */
const CLIENT_OPTIONS = { maxRetries: 0, logLevel: 'off', adminAPIKey: null } as const;

/**
 * Prepares to ask a server; nothing is sent yet. Throws 'usage' where its address is missing, is none or is not the provider's,
 * 'authentication' where the key is missing.
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
    // Those of OpenAI's account must not reach another server.
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

/** Lets the client say once where its calls go and with which headers, unless there are others. */
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

/** What is sent to servers that are not OpenAI's, instead of what the client would send. */
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

/** The key as it is sent. Throws 'authentication', without showing it, where there is none or what is there cannot be one. */
function checkedKey(provider: Provider, origin: string, given = ''): string {
  const key = given.trim();
  if (key === '' && provider === 'compatible') return '';
  // Anything else makes no header, and the error that says so would show it.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const problem =
    key === ''
      ? `there is no key for ${provider} at ${origin}`
      : `the key for ${provider} holds characters that no key has`;
  throw new RewardEditError('authentication', problem, {
    where: KEY_VARIABLES[provider],
    hint: keyHint(provider, origin),
  });
}

/** Where a key for a server is put. */
function keyHint(provider: Provider, origin: string): string {
  const file = `name a file that holds the key and nothing else: --api-key-file ${origin}=FILE`;
  if (provider === 'openai') return `set this environment variable, or ${file}`;
  const place = provider === 'azure' ? `--base-url or ${AZURE_ENDPOINT_VARIABLE}` : '--base-url';
  return `set this environment variable, which is for the server that ${place} names, or ${file}`;
}

/**
 * Names a server in keys and records: its host without the port, which changes from start to start on a machine of one's own.
 * Throws 'usage' as `connect` does.
 */
export function serverName(settings: Pick<ServerSettings, 'provider' | 'baseUrl'>): string {
  return new URL(serverUrl(settings)).hostname;
}

const OPENAI_URL = 'https://api.openai.com/v1';
/** The path of Azure's newer API, which is that of OpenAI; the older one names deployment and version in the address. */
const AZURE_V1 = '/openai/v1';

/**
 * The address of the API, the same however it was written. Throws 'usage' where it is missing, is none, or is not one of the
 * provider's own.
 */
export function serverUrl({ provider, baseUrl }: Pick<ServerSettings, 'provider' | 'baseUrl'>): string {
  const told = baseUrl ?? (provider === 'azure' ? process.env[AZURE_ENDPOINT_VARIABLE] : undefined);
  if (told === undefined) {
    if (provider === 'openai') return OPENAI_URL;
    throw new RewardEditError('usage', `where the ${provider} server is was not said`, {
      where: '--base-url',
      hint:
        provider === 'azure'
          ? `name the endpoint, such as https://my-resource.openai.azure.com, here or in ${AZURE_ENDPOINT_VARIABLE}`
          : 'name the address of the API, such as http://127.0.0.1:8000/v1',
    });
  }
  const url = parseServerUrl(told, baseUrl === undefined ? AZURE_ENDPOINT_VARIABLE : '--base-url');
  if (!belongsTo(provider, url.origin)) throw notOwn(provider, url);
  // What is typed is often the address of a whole call.
  const path = url.pathname.replace(/\/+$/, '').replace(/\/(?:chat\/completions|responses)$/, '');
  if (provider !== 'azure') return `${url.origin}${path}`;
  return `${url.origin}${path.endsWith(AZURE_V1) ? path : `${path.replace(/\/openai(?:\/deployments\/[^/]+)?$/, '')}/openai`}`;
}

function notOwn(provider: Provider, { origin }: URL): RewardEditError {
  const owner = provider === 'openai' ? 'OpenAI' : 'Azure';
  const keys = `${provider === 'openai' ? 'OPENAI' : 'AZURE'}_*`;
  return new RewardEditError('usage', `${origin} is not a server of ${owner}, whose key must not go there`, {
    where: '--base-url',
    hint: `use --judge compatible:MODEL there, whose key is in ${KEY_VARIABLES.compatible}; what ${keys} holds goes only to ${owner}'s own https addresses`,
  });
}
