import { belongsTo, isPlainHttp, type Provider } from './origin.ts';

/** Which key goes to which server, and where nothing need be encrypted: the user says that, never a file of others or a queue. */
export type Access = {
  /** The key for a server of a provider, by its origin; undefined where there is none. */
  keyOf(provider: Provider, origin: string): string | undefined;
  /** Whether what is sent to an origin may leave this machine without encryption. */
  allowsHttp(origin: string): boolean;
};

/** The variable of each provider's key. None is ever sent to another provider's server. */
export const KEY_VARIABLES: Readonly<Record<Provider, string>> = {
  openai: 'OPENAI_API_KEY',
  azure: 'AZURE_OPENAI_API_KEY',
  compatible: 'REWARDEDIT_API_KEY',
};

/** Where Azure's key belongs, unless `--base-url` says so. */
export const AZURE_ENDPOINT_VARIABLE = 'AZURE_OPENAI_ENDPOINT';

export type AccessOptions = {
  /** The address of the server that the user named, as `--base-url`. */
  readonly baseUrl?: string | undefined;
  /** Addresses that were typed on the command line: there plain http is allowed. */
  readonly typed?: readonly string[];
  /** Keys that the user named an origin for. */
  readonly keys?: ReadonlyMap<string, string>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
};

/**
 * A key from the environment goes where it belongs: OpenAI's to OpenAI, Azure's to the resource that the user named, and that of
 * any other server to the one that the user named.
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

/** The same, for what asks nobody and so needs no key. */
export function withoutKeys(access: Access): Access {
  return { ...access, keyOf: () => 'none' };
}

/** Undefined for no address; one that is none is refused where it is used. */
function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
