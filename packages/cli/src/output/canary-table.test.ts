import type { CanaryReport } from '@rewardedit/eval';
import { expect, test } from 'vitest';
import { formatCanaries } from './canary-table.ts';

const report = (canaries: CanaryReport['canaries']): CanaryReport => ({
  judge: { name: 'test', version: '1' },
  bases: [],
  canaries,
});

test('shows every canary, and what the judge said about those that did not pass', () => {
  const text = formatCanaries(
    report([
      {
        name: 'identical',
        shown: 'the original as its own edit',
        expected: 'following at most 1.5',
        outcome: 'failed',
        trials: [
          { triplet: 'a', outcome: 'passed', scores: { following: 0 } },
          {
            triplet: 'b',
            outcome: 'failed',
            reason: 'following 5.0 is above 1.5',
            scores: { following: 5 },
            feedback: { following: 'Nothing\n failed.' },
          },
          { triplet: 'c', outcome: 'no answer', reason: 'no score for following', missing: 'refused' },
        ],
      },
      {
        name: 'repeat',
        shown: 'the same edit once more',
        expected: 'every score within 1',
        outcome: 'passed',
        trials: [{ triplet: 'a', outcome: 'passed', scores: { following: 0 } }],
      },
      {
        name: 'black',
        shown: 'a black picture as the edit',
        expected: 'every score at most 1.5',
        outcome: 'no answer',
        trials: [
          { triplet: 'a', outcome: 'no answer', reason: 'no score for following', missing: 'refused' },
        ],
      },
    ]),
  );
  expect(text).toBe(
    [
      'canary     what is shown                 expected                 outcome    passed',
      'identical  the original as its own edit  following at most 1.5    failed     1 of 2',
      'repeat     the same edit once more       every score within 1     passed     1 of 1',
      'black      a black picture as the edit   every score at most 1.5  no answer  0 of 0',
      '',
      'identical, b: failed, following 5.0 is above 1.5. The judge: "Nothing failed."',
      'black, a: no answer, no score for following; refused.',
    ].join('\n'),
  );
});

test('shows untrusted text truncated and without control characters', () => {
  const text = formatCanaries(
    report([
      {
        name: 'black',
        shown: 'a black picture as the edit',
        expected: 'every score at most 1.5',
        outcome: 'failed',
        trials: ['\u001b[2Ja', 'b', 'c'].map((triplet) => ({
          triplet,
          outcome: 'failed' as const,
          reason: 'quality 5.0 is above 1.5',
          feedback: { quality: `\u009b${'very good '.repeat(100)}` },
        })),
      },
    ]),
  );
  // oxlint-disable-next-line no-control-regex -- that there are no control characters is what is tested
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  const lines = text.split('\n').slice(3);
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line.length).toBeLessThan(250);
});
