import { RewardEditError } from '@rewardedit/core';

/** The kinds of servers that language-model judges run on. */
export const PROVIDERS = ['openai', 'azure', 'compatible'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The origins of each provider's servers, such as "https://api.openai.com". */
const OWNERS: Readonly<Record<Exclude<Provider, 'compatible'>, RegExp>> = {
  /** One for the world, and one for each region of data residency. */
  openai: /^https:\/\/(?:[a-z0-9-]+\.)?api\.openai\.com$/,
  /** The user's own resources, in all of Azure's clouds, and the older addresses that regions share. */
  azure:
    /^https:\/\/[a-z0-9-]+\.(?:(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)|api\.cognitive\.microsoft\.(?:com|us))$/,
};

/** Whether a provider owns the servers at an origin. Anybody may own a `compatible` one. */
export function belongsTo(provider: Provider, origin: string): boolean {
  return provider === 'compatible' || OWNERS[provider].test(origin);
}

const LOOPBACK = /^http:\/\/(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/;

/** Whether requests to an origin leave this machine unencrypted. */
export function isPlainHttp(origin: string): boolean {
  return origin.startsWith('http:') && !isLoopback(origin);
}

export function isLoopback(origin: string): boolean {
  return LOOPBACK.test(origin.replace(/^https:/, 'http:'));
}

/** Parses the address of a server that was given in `where`. Throws `usage`, without showing the address, if it is invalid. */
export function parseServerUrl(text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    // Every record contains the address, so it must contain no secret.
    url.username + url.password + url.search + url.hash !== ''
  ) {
    throw new RewardEditError('usage', 'this is not the address of a server', {
      where,
      hint: 'it starts with http:// or https://, and contains no user name, password or query',
    });
  }
  return url;
}
