import { belongsTo, isPlainHttp, type Provider } from './origin.ts';

/** Which key goes to which server, and where encryption may be absent. The user decides that, never a file from elsewhere or a queue. */
export type Access = {
  /** The key for a provider's server at an origin, if there is one. */
  keyOf(provider: Provider, origin: string): string | undefined;
  /** Whether requests to an origin may leave this machine unencrypted. */
  allowsHttp(origin: string): boolean;
};

/** The environment variable of each provider's key. No key is sent to another provider's server. */
export const KEY_VARIABLES: Readonly<Record<Provider, string>> = {
  openai: 'OPENAI_API_KEY',
  azure: 'AZURE_OPENAI_API_KEY',
  compatible: 'REWARDEDIT_API_KEY',
};

/** The resource that Azure's key is for, unless `--base-url` names another. */
export const AZURE_ENDPOINT_VARIABLE = 'AZURE_OPENAI_ENDPOINT';

export type AccessOptions = {
  /** The address that the user gave as `--base-url`. */
  readonly baseUrl?: string | undefined;
  /** Addresses typed on the command line, for which plain http is allowed. */
  readonly typed?: readonly string[];
  /** Keys by the origin that the user gave for them. */
  readonly keys?: ReadonlyMap<string, string>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

/**
 * Assigns keys from the environment to servers: OpenAI's to OpenAI, Azure's to the user's resource, and that of any other server to the one
 * the user named.
 */
export function createAccess({
  baseUrl,
  typed = [],
  keys = new Map(),
  environment = process.env,
}: AccessOptions): Access {
  const named = originOf(baseUrl);
  const endpoint = originOf(environment[AZURE_ENDPOINT_VARIABLE]);
  const isOwn: Readonly<Record<Provider, (origin: string) => boolean>> = {
    openai: () => true,
    azure: (origin) => origin === named || origin === endpoint,
    compatible: (origin) => origin === named,
  };
  const plain = new Set(typed.map(originOf));
  return {
    keyOf(provider, origin) {
      const key = keys.get(origin);
      if (key !== undefined) return key;
      const belongs = belongsTo(provider, origin) && isOwn[provider](origin);
      return belongs ? environment[KEY_VARIABLES[provider]] : undefined;
    },
    allowsHttp: (origin) => !isPlainHttp(origin) || plain.has(origin),
  };
}

/** The same access without keys, for work that asks no server. */
export function withoutKeys(access: Access): Access {
  return { ...access, keyOf: () => 'none' };
}

/** Undefined for a missing or invalid address, which is refused where it is used. */
function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
