import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Access } from '@rewardedit/annotate';
import { inGroup, repeatable, type ValuesOf } from './flags.ts';

/** Which API key goes to which server, and which servers may be called without encryption. */
export const accessFlags = inGroup('Language model', {
  'api-key-file': Flags.string({
    summary:
      "File with the API key of the judge's server, or of the server at ORIGIN; by default the variables OPENAI_API_KEY, AZURE_OPENAI_API_KEY or, for compatible:, REWARDEDIT_API_KEY; repeatable.",
    helpValue: '[ORIGIN=]FILE',
    ...repeatable,
  }),
  'allow-http': Flags.string({
    summary:
      'Server that may be called without encryption, such as http://gpu-1:8000; always allowed for servers on this machine, and for --base-url on the command line; repeatable.',
    helpValue: 'ORIGIN',
    ...repeatable,
  }),
});

export type AccessOptions = ValuesOf<typeof accessFlags> & { readonly 'base-url'?: string | undefined };

/**
 * Decides which API key may go to which server.
 *
 * @param judges the judges that a key file without an origin is for.
 * @param isTyped whether an option is on the command line.
 * @throws RewardEditError 'usage' for an invalid origin, or if it is ambiguous which server a key is for; 'bad-input' if a key file cannot be read.
 */
export async function judgeAccess(
  judges: readonly string[],
  options: AccessOptions,
  isTyped: (option: string) => boolean,
): Promise<Access> {
  const { createAccess } = await import('@rewardedit/annotate');
  const { 'base-url': baseUrl, 'api-key-file': files = [], 'allow-http': plain = [] } = options;
  const keys = new Map<string, string>();
  for (const text of files) {
    const { origin, file } = await parseKeyFile(text, judges, baseUrl);
    keys.set(origin, await readKey(file));
  }
  const typed = [
    ...(baseUrl !== undefined && isTyped('base-url') ? [baseUrl] : []),
    ...(plain.length > 0 ? await typedOrigins(plain, isTyped('allow-http')) : []),
  ];
  return createAccess({ baseUrl, typed, keys });
}

async function typedOrigins(plain: readonly string[], isTyped: boolean): Promise<string[]> {
  const { parseServerUrl } = await import('@rewardedit/annotate');
  if (!isTyped) {
    throw new RewardEditError(
      'usage',
      'a server without encryption can only be allowed on the command line',
      {
        where: '--allow-http',
        hint: 'pass the option there, not in a variable or a config file',
      },
    );
  }
  return plain.map((url) => parseServerUrl(url, '--allow-http').origin);
}

async function parseKeyFile(
  text: string,
  judges: readonly string[],
  baseUrl: string | undefined,
): Promise<{ origin: string; file: string }> {
  const { parseServerUrl } = await import('@rewardedit/annotate');
  const [, url, file] = /^(https?:\/\/[^=]*)=(.+)$/s.exec(text) ?? [];
  if (url !== undefined) return { origin: parseServerUrl(url, '--api-key-file').origin, file };
  return { origin: await onlyOrigin(judges, baseUrl), file: text };
}

/** The server that all the judges are on. Throws 'usage' if there is not exactly one. */
async function onlyOrigin(judges: readonly string[], baseUrl: string | undefined): Promise<string> {
  const { PROVIDERS, serverUrl, splitJudge } = await import('@rewardedit/annotate');
  const origins = new Set(
    judges.flatMap((judge) => {
      const provider = PROVIDERS.find((name) => name === splitJudge(judge)[0]);
      return provider === undefined ? [] : [new URL(serverUrl({ provider, baseUrl })).origin];
    }),
  );
  const [origin] = origins;
  if (origins.size === 1) return origin;
  throw new RewardEditError('usage', 'it is not clear which server this API key is for', {
    where: '--api-key-file',
    hint: 'name the server before the file: --api-key-file https://judge.example=FILE',
  });
}

/** Reads the API key in a file. */
async function readKey(file: string): Promise<string> {
  const { fromSystemError } = await import('@rewardedit/core');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the API key', path: file });
  }
}
