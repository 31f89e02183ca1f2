import type { CostEstimate, Spending } from '@rewardedit/annotate';
import { expect, test } from 'vitest';
import { formatDollars } from '@rewardedit/core/text';
import { formatEstimate, formatSpending } from './format-spending.ts';

test.each([
  [0, '$0.00'],
  [1, '$1.00'],
  [1234.567, '$1234.57'],
  [0.5, '$0.5000'],
  [0.0123456, '$0.0123'],
  [0.0001, '$0.0001'],
  [0.0000123, '$1.2e-5'],
])('writes %d dollars as %s', (dollars, text) => {
  expect(formatDollars(dollars)).toBe(text);
});

const SPENDING: Spending = {
  calls: 12_345,
  stored: 0,
  unreported: 0,
  tokens: { input: 1_000_000, cachedInput: 5, output: 999 },
  dollars: 1.5,
};

test('tells on one line what was used', () => {
  expect(formatSpending(SPENDING)).toBe('12,345 calls, 1,000,000 tokens in, 999 out, $1.50');
  expect(formatSpending({ ...SPENDING, uncertain: { calls: 2, dollars: 0.5 } })).toMatch(
    / \(2 calls got no reply and may have been charged; \$0\.5000 of this sum is for them\)$/,
  );
  const { dollars: _dollars, ...unpriced } = SPENDING;
  expect(formatSpending({ ...unpriced, stored: 7, unreported: 3 })).toBe(
    '12,345 calls, 7 cached replies, 1,000,000 tokens in, 999 out, cost unknown ' +
      '(3 calls without a token count are estimated from the others)',
  );
});

test('tells what the run has used where that is more than one process has', () => {
  expect(formatSpending(SPENDING, { calls: 12_345, tokens: 1_000_999, dollars: 1.5 })).not.toContain('run');
  expect(formatSpending(SPENDING, { calls: 20_000, tokens: 2_000_000, dollars: 3 })).toMatch(
    /999 out, \$1\.50; the run so far: 20,000 calls, \$3\.00$/,
  );
  expect(formatSpending(SPENDING, { calls: 20_000, tokens: 0, dollars: 0 })).toMatch(/far: 20,000 calls$/);
});

const ESTIMATE: CostEstimate = {
  triplets: 1000,
  sampled: 1000,
  unreadable: 0,
  calls: 3000,
  stored: 0,
  low: { input: 10_000, cachedInput: 0, output: 500, dollars: 0.5 },
  high: { input: 20_000, cachedInput: 0, output: 5000, dollars: 2 },
};

test('tells what a run would take', () => {
  expect(formatEstimate(ESTIMATE).split('\n')).toEqual([
    'Triplets     1,000 without an answer',
    'Calls        3,000',
    'Tokens in    10,000 to 20,000',
    'Tokens out   500 to 5,000',
    'Cost         $0.5000 to $2.00',
  ]);
});

test('tells what is stored, what was not looked at or could not be, and that prices are missing', () => {
  const [low, high] = [ESTIMATE.low, ESTIMATE.high].map(({ dollars: _dollars, ...usage }) => usage);
  expect(
    formatEstimate({ ...ESTIMATE, sampled: 400, unreadable: 2, stored: 1000, low, high }).split('\n'),
  ).toEqual([
    'Triplets     1,000 without an answer (400 sampled)',
    'Unreadable   2 of those sampled',
    'Calls        2,000 (and 1,000 cached replies)',
    'Tokens in    10,000 to 20,000',
    'Tokens out   500 to 5,000',
    'Cost         unknown: the model has no prices in the table (see --model-table)',
  ]);
});
