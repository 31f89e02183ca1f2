import { PERSPECTIVES, readJsonFile, type Perspective } from '@rewardedit/core';
import { z } from 'zod';
import { contentKey } from '../language-model/store/reply-store.ts';
import { createEnsemble, type Member } from './ensemble.ts';
import type { Judge } from './judge.ts';
import type { OpenedModel } from './judge-choice.ts';
import { memberFields, openMember, type MemberContext } from './open-member.ts';

const weight = z.number().min(0);

const ensembleSchema = z.strictObject({
  members: z
    .array(
      z.strictObject({ ...memberFields, weights: z.partialRecord(z.enum(PERSPECTIVES), weight).default({}) }),
    )
    .min(1),
});

/** Opens the ensemble in a file. Throws as `createJudge` does. */
export async function openEnsemble(
  path: string,
  context: MemberContext,
): Promise<{ judge: Judge; models: readonly OpenedModel[] }> {
  const { members } = await readJsonFile(path, ensembleSchema, {
    what: 'the ensemble',
    hint: 'it is {"members": [{"judge": "openai:MODEL", "weights": {"following": 1, ...}}, ...]}',
  });
  const opened = await Promise.all(
    members.map(async ({ weights, ...own }) => {
      const full = Object.fromEntries(PERSPECTIVES.map((name) => [name, weights[name] ?? 1]));
      return { ...(await openMember(own, path, context)), weights: full as Record<Perspective, number> };
    }),
  );
  const parts: Member[] = opened.map(({ judge, weights }) => ({ judge, weights }));
  const version = contentKey(parts.map(({ judge, weights }) => [judge.name, judge.version, weights]));
  return {
    judge: createEnsemble(parts, version.slice(0, 16)),
    models: opened.flatMap(({ models }) => models),
  };
}
