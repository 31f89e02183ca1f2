import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PERSPECTIVES, RewardEditError, fromSystemError, type Perspective } from '@rewardedit/core';
import { z } from 'zod';
import type { Judge } from './judge.ts';
import { APIS } from '../language-model/api/connection.ts';
import { PROVIDERS, belongsTo, parseServerUrl } from '../language-model/access/origin.ts';
import { contentKey } from '../language-model/store/reply-store.ts';
import { openProtocol } from '../protocols/index.ts';
import { createEnsemble, type Member } from './ensemble.ts';
import { splitJudge, type JudgeChoice, type OpenedModel } from './judge-choice.ts';
import { openLanguageModel, type OpenContext } from './open-language-model.ts';

const weight = z.number().min(0);
const ensembleSchema = z.strictObject({
  members: z
    .array(
      z.strictObject({
        judge: z.string(),
        weights: z.partialRecord(z.enum(PERSPECTIVES), weight).default({}),
        baseUrl: z.string().exactOptional(),
        api: z.enum(APIS).exactOptional(),
        protocol: z.string().exactOptional(),
        passes: z.int().min(1).exactOptional(),
      }),
    )
    .min(1),
});

type Context = OpenContext & { readonly choice: JudgeChoice };

/** Makes the ensemble in a file ready. Throws as `createJudge` does. */
export async function openEnsemble(
  path: string,
  context: Context,
): Promise<{ judge: Judge; models: readonly OpenedModel[] }> {
  const { members } = await readEnsemble(path);
  const opened = await Promise.all(
    members.map(async ({ weights, ...own }) => {
      const full = Object.fromEntries(PERSPECTIVES.map((name) => [name, weights[name] ?? 1]));
      const choice = { ...context.choice, ...inherited(own.judge, context), ...own };
      // What the file names lies beside it.
      const protocol = await (own.protocol === undefined
        ? openProtocol(choice.protocol)
        : openProtocol(own.protocol, dirname(path)));
      const part = openLanguageModel(choice, protocol, context);
      return { ...part, weights: full as Record<Perspective, number> };
    }),
  );
  const parts: Member[] = opened.map(({ judge, weights }) => ({ judge, weights }));
  const version = contentKey(parts.map(({ judge, weights }) => [judge.name, judge.version, weights]));
  return {
    judge: createEnsemble(parts, version.slice(0, 16)),
    models: opened.flatMap(({ models }) => models),
  };
}

/** The address that the user named is that of the members whose server it can be; those of OpenAI have one without it. */
function inherited(judge: string, { choice: { baseUrl } }: Context): Pick<JudgeChoice, 'baseUrl'> {
  const provider = PROVIDERS.find((name) => name === splitJudge(judge.replace(/^replay:/, ''))[0]);
  const isOwn = baseUrl === undefined || provider === undefined || belongsTo(provider, originOf(baseUrl));
  return { baseUrl: isOwn ? baseUrl : undefined };
}

function originOf(baseUrl: string): string {
  return parseServerUrl(baseUrl, '--base-url').origin;
}

async function readEnsemble(path: string): Promise<z.infer<typeof ensembleSchema>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fromSystemError(error, { doing: 'read the ensemble', path });
    throw new RewardEditError('bad-input', 'the ensemble is not JSON', { where: path, cause: error });
  }
  const parsed = ensembleSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path: field, message } = parsed.error.issues[0];
  throw new RewardEditError(
    'bad-input',
    `the ensemble is not as expected: ${field.map(String).join('.')}: ${message}`,
    {
      where: path,
      hint: 'it is {"members": [{"judge": "openai:MODEL", "weights": {"following": 1, ...}}, ...]}',
    },
  );
}
