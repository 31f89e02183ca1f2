import { RewardEditError } from '@rewardedit/core';

/** The sorts of servers that language-model judges can be on. */
export const PROVIDERS = ['openai', 'azure', 'compatible'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Whose servers are at an origin, such as "https://api.openai.com". */
const OWNERS: Readonly<Record<Exclude<Provider, 'compatible'>, RegExp>> = {
  /** One for the world, and one for each region in which data stays. */
  openai: /^https:\/\/(?:[a-z0-9-]+\.)?api\.openai\.com$/,
  /** Resources of one's own, in all of its clouds, and the older addresses that regions share. */
  azure:
    /^https:\/\/[a-z0-9-]+\.(?:(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)|api\.cognitive\.microsoft\.(?:com|us))$/,
};

/** Whether the servers at an origin belong to a provider; to `compatible` belong all, as they are anybody's. */
export function belongsTo(provider: Provider, origin: string): boolean {
  return provider === 'compatible' || OWNERS[provider].test(origin);
}

const LOOPBACK = /^http:\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/;

/** Whether what is sent to an origin leaves this machine without encryption. */
export function isPlainHttp(origin: string): boolean {
  return origin.startsWith('http:') && !isLoopback(origin);
}

export function isLoopback(origin: string): boolean {
  return LOOPBACK.test(origin.replace(/^https:/, 'http:'));
}

/** Reads the address of a server, as it was typed at `where`. Throws 'usage', without showing it, where it is none. */
export function parseServerUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    // The address stands in every record, so nothing secret may be in it.
    url.username + url.password + url.search + url.hash !== ''
  ) {
    throw new RewardEditError('usage', 'this is not the address of a server', {
      where,
      hint: 'it begins with http:// or https://, and holds no user name, password or query',
    });
  }
  return url;
}
