import { readFile } from 'node:fs/promises';
import { Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Access } from '@rewardedit/annotate';
import type { ValuesOf } from './flags.ts';

/** The options that say which key is for which server, and which servers may be asked without encryption. */
export const accessFlags = {
  'api-key-file': Flags.string({
    summary:
      'File with the key of the judge, or of the server at ORIGIN; otherwise OPENAI_API_KEY, AZURE_OPENAI_API_KEY or, for compatible:, REWARDEDIT_API_KEY.',
    helpValue: '[ORIGIN=]FILE',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'Language models',
  }),
  'allow-http': Flags.string({
    summary:
      'Server, such as http://gpu-1:8000, that may be asked without encryption; one on this machine, or that --base-url on the command line names, may be anyway.',
    helpValue: 'ORIGIN',
    multiple: true,
    multipleNonGreedy: true,
    helpGroup: 'Language models',
  }),
};

export type AccessOptions = ValuesOf<typeof accessFlags> & { readonly 'base-url'?: string | undefined };

/**
 * Which keys go where, as the options say.
 *
 * @param judges those that the key of a file without an origin is for.
 * @param isTyped whether an option is on the command line.
 * @throws 'usage' for an origin that is none, or where it is not clear which server a key is for; what is wrong with a file.
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
    throw new RewardEditError('usage', 'only the command line allows a server without encryption', {
      where: '--allow-http',
      hint: 'type the option there',
    });
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

/** The one server that all the judges are on. */
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
  throw new RewardEditError('usage', 'it is not clear which server this key is for', {
    where: '--api-key-file',
    hint: 'name the server before the file: --api-key-file https://judge.example=FILE',
  });
}

/** The key in a file. Throws where that cannot be read. */
async function readKey(file: string): Promise<string> {
  const { fromSystemError } = await import('@rewardedit/core');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the key', path: file });
  }
}
