import { RewardEditError, readJsonFile } from '@rewardedit/core';
import { z } from 'zod';
import { contentKey } from '../language-model/store/reply-store.ts';
import { createCascade, type Stage } from './cascade.ts';
import type { Judge } from './judge.ts';
import type { OpenedModel } from './judge-choice.ts';
import { memberFields, openMember, type MemberContext } from './open-member.ts';
import { createPixelJudge } from './pixel-judge.ts';

/** The name of the stage that asks no model. */
const PIXELS = 'pixels';

const limit = z.number().min(0).exactOptional();

const cascadeSchema = z.strictObject({
  stages: z
    .array(
      z.strictObject({
        ...memberFields,
        sure: z.strictObject({ spread: limit, disagreement: limit }).exactOptional(),
      }),
    )
    .min(2),
});

/** Opens the cascade in a file. Throws as `createJudge` does, and `usage` for a stage that would never or always be sure, and for batches. */
export async function openCascade(
  path: string,
  context: MemberContext,
): Promise<{ judge: Judge; models: readonly OpenedModel[] }> {
  const { stages } = await readJsonFile(path, cascadeSchema, {
    what: 'the cascade',
    hint: 'it is {"stages": [{"judge": "pixels"}, {"judge": "compatible:MODEL", "passes": 3, "sure": {"spread": 0.5}}, ..., {"judge": "openai:MODEL"}]}',
  });
  const wrong = (message: string, hint: string) =>
    new RewardEditError('usage', message, { where: path, hint });
  if (context.history !== undefined)
    throw wrong(
      'a cascade cannot use batches: which judge is next depends on an answer',
      'leave out --batch',
    );
  for (const [at, { judge, sure = {}, passes = context.choice.passes }] of stages.entries()) {
    const name = `stage ${at + 1}`;
    if (judge === PIXELS) {
      if (at > 0) throw wrong(`${name} looks at the pixels`, 'that is free, so make it the first stage');
      if (Object.keys(stages[at]).length > 1)
        throw wrong(`${name} looks at the pixels, which has no options`, 'give it nothing but "judge"');
      continue;
    }
    const isLast = at === stages.length - 1;
    if (isLast !== (Object.keys(sure).length === 0))
      throw wrong(
        isLast ? 'the answer of the last stage always stands' : `${name} does not say when its answer stands`,
        'each stage but the last has "sure"',
      );
    if (sure.spread !== undefined && passes < 2)
      throw wrong(`${name} asks once, so its scores have no spread`, 'set its "passes", for example to 3');
    if (sure.disagreement !== undefined && (at === 0 || stages[at - 1].judge === PIXELS))
      throw wrong(`${name} has no model before it to agree with`, 'use "spread" instead');
  }
  const opened = await Promise.all(
    stages.map(async ({ sure, ...own }): Promise<Stage & { models: readonly OpenedModel[] }> =>
      own.judge === PIXELS
        ? { judge: createPixelJudge(), models: [] }
        : { ...(await openMember(own, path, context)), ...sure },
    ),
  );
  const parts = opened.map(({ judge, spread, disagreement }): Stage => ({ judge, spread, disagreement }));
  const version = contentKey(
    parts.map(({ judge, spread, disagreement }) => [
      judge.name,
      judge.version,
      spread ?? null,
      disagreement ?? null,
    ]),
  );
  return {
    judge: createCascade(parts, version.slice(0, 16)),
    models: opened.flatMap(({ models }) => models),
  };
}
