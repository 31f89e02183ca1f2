import { EXIT_CODES, PERSPECTIVES } from '@rewardedit/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluationTables } from './evaluation.mjs';
import { escapeMarkdown } from './markdown.mjs';
import { readMinimum, readScores, reasonsToFail, toMarkdown } from './verdict.mjs';

const score = (mean: number) => ({ mean, deviation: 0.5, count: 10, missing: 0 });
const REPORT = { scores: { following: score(4), preserving: score(3), quality: score(3.5) } };
const passing = { document: REPORT, exitCode: 0, minimum: {}, allowMissing: false };

describe('readMinimum', () => {
  test('knows the perspectives and overall', () => {
    const names = [...PERSPECTIVES, 'overall'];
    expect(Object.keys(readMinimum(names.map((name) => `${name}=1`).join(',')))).toEqual(names);
    expect(readMinimum(' following=3.5,\n overall=0 ')).toEqual({ following: 3.5, overall: 0 });
    expect(readMinimum('')).toEqual({});
  });

  test.each([
    'follow=3',
    'following',
    'following=',
    'following=x',
    'following=6',
    'following=-1',
    '3',
    'toString=1',
  ])('refuses %s', (text) => {
    expect(() => readMinimum(text)).toThrow(/^minimum: expected one of following, .* but got /);
  });

  test('refuses two for the same score', () => {
    expect(() => readMinimum('quality=3,quality=1')).toThrow('minimum: quality is given twice');
  });
});

describe('reasonsToFail', () => {
  test('are none where everything is above the minimum, or at it', () => {
    expect(reasonsToFail(passing)).toEqual([]);
    const minimum = { following: 4, preserving: 3, quality: 3.5, overall: 3.5 };
    expect(reasonsToFail({ ...passing, minimum })).toEqual([]);
  });

  test('name every mean that is too low, unrounded', () => {
    const document = { scores: { ...REPORT.scores, following: score(3.999) } };
    expect(
      reasonsToFail({ ...passing, document, minimum: { following: 4, quality: 4, preserving: 1 } }),
    ).toEqual(['the mean of following is 3.999, below 4', 'the mean of quality is 3.5, below 4']);
  });

  test('overall is the mean of the three means', () => {
    expect(reasonsToFail({ ...passing, minimum: { overall: 3.6 } })).toEqual([
      'the mean of overall is 3.5, below 3.6',
    ]);
  });

  test('a score that no triplet has fails, also without a minimum, and gives no overall', () => {
    const document = { scores: { ...REPORT.scores, quality: { count: 0, missing: 10 } } };
    const outcome = { ...passing, document, exitCode: EXIT_CODES.partial, allowMissing: true };
    expect(reasonsToFail(outcome)).toEqual(['no triplet has a score for quality']);
    expect(readScores(document)?.['overall']).toEqual({ count: 0, missing: 10 });
  });

  test('some missing scores fail unless they are allowed', () => {
    const partial = { ...passing, exitCode: EXIT_CODES.partial };
    expect(reasonsToFail(partial)).toEqual([expect.stringContaining('exit code 68')]);
    expect(reasonsToFail({ ...partial, allowMissing: true })).toEqual([]);
  });

  test('any other exit code fails, with what the command said', () => {
    const document = { error: { message: 'there is no dataset' } };
    expect(reasonsToFail({ ...passing, document, exitCode: 3, allowMissing: true })).toEqual([
      'the command ended with exit code 3: there is no dataset',
    ]);
  });

  test('a minimum without scores fails, and so does a command that printed nothing', () => {
    const document = { folder: 'data' };
    expect(reasonsToFail({ ...passing, document })).toEqual([]);
    expect(reasonsToFail({ ...passing, document, minimum: { overall: 0 } })).toEqual([
      'there are no scores to compare with the minimum',
    ]);
    expect(reasonsToFail({ ...passing, document: undefined })).toEqual([
      'the command printed no JSON document',
    ]);
  });

  test.each([
    null,
    [],
    'text',
    3,
    { scores: null },
    { scores: { following: 5 } },
    { scores: { ...REPORT.scores, quality: { count: 3 } } },
  ])('a document that is no report has no scores: %j', (document) => {
    expect(readScores(document)).toBeUndefined();
  });
});

describe('the reports of eval and compare', () => {
  const column = (name: string, mean: number | null) => ({
    ...{ column: name, mean, interval: mean === null ? null : [mean - 0.5, mean + 0.5] },
    ...{ count: 9, missing: 1 },
  });
  const columns = [...PERSPECTIVES.map((name) => column(name, 4)), column('truth.psnr', null)];
  const evaluated = {
    groups: [
      { group: 'add', columns: [] },
      { group: 'all', columns },
    ],
  };
  const difference = {
    ...{ run: 'new|run', column: 'overall', mean: -0.25, interval: [-0.4, -0.1] },
    ...{ correctedPValue: 0.01, wins: 1, ties: 2, losses: 6, count: 9 },
  };
  const compared = {
    ...{ base: 'main', differences: [difference] },
    worse: [{ run: 'new|run', column: 'overall' }],
  };

  test('eval is held against the minimum, and shown with its intervals', () => {
    expect(reasonsToFail({ ...passing, document: evaluated, minimum: { overall: 4 } })).toEqual([]);
    expect(reasonsToFail({ ...passing, document: evaluated, minimum: { quality: 4.5 } })).toEqual([
      'the mean of quality is 4, below 4.5',
    ]);
    expect(evaluationTables(evaluated).split('\n').slice(1, 7)).toEqual([
      '| column | mean &#91;95 &#37;&#93; | N | missing |',
      '| --- | --- | --- | --- |',
      '| following | 4 &#91;3&#46;5&#44; 4&#46;5&#93; | 9 | 1 |',
      '| preserving | 4 &#91;3&#46;5&#44; 4&#46;5&#93; | 9 | 1 |',
      '| quality | 4 &#91;3&#46;5&#44; 4&#46;5&#93; | 9 | 1 |',
      '| truth&#46;psnr | &#45; | 9 | 1 |',
    ]);
  });

  test('a gate that failed says which run, in what, and by how much; without a gate nothing fails', () => {
    expect(reasonsToFail({ ...passing, document: compared, exitCode: EXIT_CODES.failed })).toEqual([
      'the command ended with exit code 1',
      'new|run is worse than main in overall: -0.25 [-0.4, -0.1]',
    ]);
    expect(reasonsToFail({ ...passing, document: compared })).toEqual([]);
    expect(evaluationTables(compared)).toContain('| new&#124;run | overall | &#45;0&#46;25 &#91;');
  });

  test.each([undefined, null, 3, {}, { groups: [null] }, { differences: 3 }, REPORT])(
    'another document has no tables: %j',
    (document) => {
      expect(evaluationTables(document)).toBe('');
    },
  );
});

describe('toMarkdown', () => {
  test('is a heading, the reasons and a table', () => {
    const minimum = { following: 4.5 };
    const reasons = ['too <low>'];
    expect(toMarkdown({ title: 'Edits', scores: readScores(REPORT), minimum, reasons }).split('\n')).toEqual([
      '### Edits: failed',
      '- too &#60;low&#62;',
      '',
      '| score | mean | minimum | spread | scored | missing |',
      '| :-- | --: | --: | --: | --: | --: |',
      '| following | 4.00 | 4.50 | 0.50 | 10 | 0 |',
      '| preserving | 3.00 | - | 0.50 | 10 | 0 |',
      '| quality | 3.50 | - | 0.50 | 10 | 0 |',
      '| overall | 3.50 | - | - | 10 | 0 |',
      '',
    ]);
  });

  test('without scores is the outcome alone', () => {
    expect(toMarkdown({ title: 'Edits', scores: undefined, minimum: {}, reasons: [] })).toBe(
      '### Edits: passed\n',
    );
  });
});

describe('escapeMarkdown', () => {
  const escapes = /&#(\d+);/g;

  test('leaves nothing that Markdown or HTML would act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeMarkdown(text).replaceAll(escapes, '')).not.toMatch(/[!-/:-@[-`{-~\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test('shows the text as it is, and spells out what cannot be seen', () => {
    const shown = (text: string) =>
      escapeMarkdown(text).replaceAll(escapes, (_whole, code: string) => String.fromCodePoint(Number(code)));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(shown(text)).toBe(text);
      }),
    );
    expect(shown('<b>|\n\u202E')).toBe('<b>|\\u000a\\u202e');
  });
});
