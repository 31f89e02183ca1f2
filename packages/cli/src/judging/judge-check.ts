import { Flags } from '@oclif/core';
import type { ModelCheck } from '@rewardedit/annotate';
import { accessFlags, judgeAccess, type AccessOptions } from '../flags/judge-access.ts';
import { judgeChoice, judgeFlags, type JudgeOptions } from '../flags/judge-flags.ts';

const { 'base-url': baseUrl, api, 'model-table': modelTable } = judgeFlags;

/** Which judge to check, and how to reach it. */
export const judgeCheckFlags = {
  judge: Flags.string({ summary: 'Also check this judge, such as openai:MODEL.', helpValue: 'JUDGE' }),
  'base-url': baseUrl,
  api,
  ...accessFlags,
  'model-table': modelTable,
};

type CheckOptions = Pick<JudgeOptions, 'base-url' | 'api' | 'model-table'> & AccessOptions;

/** A model of a judge: whether it is available, described in a line, and a warning if it is about to be shut down. */
export type CheckedModel = ModelCheck & {
  readonly ok: boolean;
  readonly line: string;
  readonly warning?: string;
};

/** Asks the servers of a judge about its models, which is free. Throws if the judge cannot be created. */
export async function checkJudge(
  judge: string,
  options: CheckOptions,
  isTyped: (option: string) => boolean,
): Promise<CheckedModel[]> {
  const { checkModel, createJudge, retirementWarning } = await import('@rewardedit/annotate');
  const choice = judgeChoice(
    { ...options, judge, protocol: 'rubric-v1', passes: 1, 'max-side': 1024, timeout: 30 },
    'rewards.jsonl',
  );
  const opened = await createJudge(choice, await judgeAccess([judge], options, isTyped));
  const checks = await Promise.all(opened.models.map(checkModel));
  return checks.map((check) => {
    const warning = retirementWarning(check, new Date());
    const { ok, text } = describe(check);
    return { ...check, ok, line: text, ...(warning !== undefined && { warning }) };
  });
}

function describe({ model, host, listed, problem }: ModelCheck): { ok: boolean; text: string } {
  if (problem !== undefined) return { ok: false, text: `${model}: not available: ${problem} (${host})` };
  if (host === undefined) return { ok: true, text: `${model}: answers from cached replies only` };
  return listed === true
    ? { ok: true, text: `${model}: ready at ${host}` }
    : { ok: false, text: `${model}: ${host} answers, but does not list this model` };
}
