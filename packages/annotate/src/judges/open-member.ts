import { dirname } from 'node:path';
import type { z } from 'zod';
import { PROVIDERS, belongsTo, parseServerUrl } from '../language-model/access/origin.ts';
import { openProtocol } from '../protocols/index.ts';
import type { Judge } from './judge.ts';
import { judgeChoiceSchema, splitJudge, type JudgeChoice, type OpenedModel } from './judge-choice.ts';
import { openLanguageModel, type OpenContext } from './open-language-model.ts';

/** The fields of a language model in a file of judges; each absent one is as chosen for all. */
export const memberFields = judgeChoiceSchema
  .pick({ judge: true, baseUrl: true, api: true, protocol: true, passes: true })
  .partial({ api: true, protocol: true, passes: true }).shape;

type Member = z.infer<z.ZodObject<typeof memberFields>>;

export type MemberContext = OpenContext & { readonly choice: JudgeChoice };

/** Opens a member of the file at `path`; a protocol file is relative to that. Throws as `createJudge` does. */
export async function openMember(
  { judge, baseUrl, api, protocol, passes }: Member,
  path: string,
  context: MemberContext,
): Promise<{ judge: Judge; models: readonly OpenedModel[] }> {
  const own = {
    judge,
    baseUrl: baseUrl ?? inheritedUrl(judge, context),
    ...(api !== undefined && { api }),
    ...(protocol !== undefined && { protocol }),
    ...(passes !== undefined && { passes }),
  };
  const asked = await (protocol === undefined
    ? openProtocol(context.choice.protocol)
    : openProtocol(protocol, dirname(path)));
  return openLanguageModel({ ...context.choice, ...own }, asked, context);
}

/** The user's address applies to the members whose servers can be there; OpenAI's have one by default. */
function inheritedUrl(judge: string, { choice: { baseUrl } }: MemberContext): string | undefined {
  const provider = PROVIDERS.find((name) => name === splitJudge(judge.replace(/^replay:/, ''))[0]);
  const isOwn =
    baseUrl === undefined ||
    provider === undefined ||
    belongsTo(provider, parseServerUrl(baseUrl, '--base-url').origin);
  return isOwn ? baseUrl : undefined;
}
