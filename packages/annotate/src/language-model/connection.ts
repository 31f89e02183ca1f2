import { RewardEditError } from '@rewardedit/core';
import OpenAI, { AzureOpenAI } from 'openai';
import { chatCompletions } from './chat-completions.ts';
import type { ChatApi } from './chat.ts';
import { blotOut, keepAliveFetch } from './keep-alive-fetch.ts';
import { responses } from './responses.ts';

/** The sorts of servers that language-model judges can be on. */
export const PROVIDERS = ['openai', 'azure', 'compatible'] as const;
export type Provider = (typeof PROVIDERS)[number];

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
};

/** A server that language models can be asked on. */
export type Connection = {
  readonly client: OpenAI;
  readonly api: ChatApi;
  /** Names the server in messages and records: its host, without anything secret. */
  readonly host: string;
  /** A text that the server sent, without the key where it repeats that. */
  readonly withoutKey: (text: string) => string;
};

/** Where each provider's key is read from; a server of one's own may need none. */
export const KEY_VARIABLES: Readonly<Record<Provider, string>> = {
  openai: 'OPENAI_API_KEY',
  azure: 'AZURE_OPENAI_API_KEY',
  // Never OpenAI's own key, which would go to whatever --base-url names.
  compatible: 'REWARDEDIT_API_KEY',
};

const AZURE_API_VERSION = '2025-04-01-preview';

/** The client's own limit of time is there for the case that ours fails: milliseconds after it. */
const LATER = 10_000;

/** What all clients have in common: no retries, which are made in one place of ours, and no logging. */
const CLIENT_OPTIONS = { maxRetries: 0, logLevel: 'off', adminAPIKey: null } as const;

/**
 * Prepares to ask a server; nothing is sent yet. Throws 'usage' where its address is missing or is none, 'authentication' where
 * the key is missing.
 */
export function connect(settings: ServerSettings, key: string | undefined): Connection {
  const { provider, api, timeout } = settings;
  const baseURL = serverUrl(settings);
  const apiKey = checkedKey(provider, key);
  const options = {
    ...CLIENT_OPTIONS,
    apiKey,
    timeout: timeout * 1000 + LATER,
    fetch: keepAliveFetch(apiKey),
    // Those of OpenAI's account must not reach another server.
    ...(provider !== 'openai' && { organization: null, project: null }),
  };
  const client =
    provider === 'azure'
      ? new AzureOpenAI({
          ...options,
          baseURL: `${baseURL}/openai`,
          apiVersion: process.env['OPENAI_API_VERSION'] ?? AZURE_API_VERSION,
        })
      : new OpenAI({ ...options, baseURL });
  const tokenLimit = provider === 'compatible' ? 'max_tokens' : 'max_completion_tokens';
  return {
    client,
    api: api === 'responses' ? responses : chatCompletions(tokenLimit),
    host: new URL(client.baseURL).host,
    withoutKey: (text) => blotOut(text, apiKey),
  };
}

/** The key as it is sent. Throws 'authentication', without showing it, where there is none or what is there cannot be one. */
function checkedKey(provider: Provider, given = ''): string {
  const key = given.trim();
  if (key === '' && provider === 'compatible') return 'none';
  // Anything else makes no header, and the error that says so would show it.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const problem =
    key === ''
      ? `there is no key for ${provider}`
      : `the key for ${provider} holds characters that no key has`;
  throw new RewardEditError('authentication', problem, {
    where: KEY_VARIABLES[provider],
    hint: 'set this environment variable, or name a file that holds the key and nothing else with --api-key-file',
  });
}

/**
 * Names a server in keys and records: its host without the port, which changes from start to start on a machine of one's own.
 * Throws 'usage' as `connect` does.
 */
export function serverName(settings: Pick<ServerSettings, 'provider' | 'baseUrl'>): string {
  return new URL(serverUrl(settings)).hostname;
}

const OPENAI_URL = 'https://api.openai.com/v1';

/** The address of the API, the same however it was written. Throws 'usage' where it is missing or is none. */
export function serverUrl({ provider, baseUrl }: Pick<ServerSettings, 'provider' | 'baseUrl'>): string {
  const url = baseUrl ?? (provider === 'azure' ? process.env['AZURE_OPENAI_ENDPOINT'] : undefined);
  if (url === undefined) {
    if (provider === 'openai') return OPENAI_URL;
    throw new RewardEditError('usage', `where the ${provider} server is was not said`, {
      where: '--base-url',
      hint:
        provider === 'azure'
          ? 'name the endpoint, such as https://my-resource.openai.azure.com, here or in AZURE_OPENAI_ENDPOINT'
          : 'name the address of the API, such as http://127.0.0.1:8000/v1',
    });
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (
    parsed === undefined ||
    !/^https?:$/.test(parsed.protocol) ||
    // The address stands in every record, so nothing secret may be in it.
    parsed.username + parsed.password + parsed.search + parsed.hash !== ''
  ) {
    throw new RewardEditError('usage', 'this is not the address of a server', {
      where: '--base-url',
      hint: 'it begins with http:// or https://, and holds no user name, password or query',
    });
  }
  return parsed.href.replace(/\/+$/, '');
}
