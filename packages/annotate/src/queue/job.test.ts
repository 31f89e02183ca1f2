import { expect, it } from 'vitest';
import { jobResultSchema, type JobResult } from './job.ts';

it('an answer keeps all its fields on its way through the queue', () => {
  const judgement = {
    reward: { scores: { following: 4 }, feedback: {}, judge: { name: 'compatible:m', version: '1' } },
    missing: 'preserving: no reply',
    measures: { 'said.following': 4 },
    kind: 'style',
    rewrites: { rectified: 'make it blue', wrong: ['make it green'] },
    replies: ['no idea'],
    spent: { calls: 2, input: 10, output: 5 },
  } satisfies (JobResult & { judgement: object })['judgement'];
  const { replies, spent } = judgement;
  for (const each of [{ judgement }, { judgement: { missing: 'refusal', replies, spent } }])
    expect(jobResultSchema.parse(JSON.parse(JSON.stringify(each)))).toEqual(each);
});

it.each([{}, { judgement: {} }, { judgement: { missing: 'x', reward: { scores: { following: 9 } } } }])(
  '%j is rejected',
  (value) => expect(jobResultSchema.safeParse(value).success).toBe(false),
);
