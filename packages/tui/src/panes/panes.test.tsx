import type { EventBody } from '@rewardedit/core';
import stringWidth from 'string-width';
import { renderToString } from 'ink';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { HOSTILE, everything, stateAfter } from '../testing/sample-state.test.helper.ts';
import { FIRST_SETTINGS } from '../watch/view-settings.ts';
import { WatchScreen } from '../watch/watch-screen.tsx';
import { PANES, PANE_NAMES, type PaneName } from './index.ts';

/** Matches SGR sequences, which colour text. */
const SGR = new RegExp(String.raw`\u001B\[[\d;]*m`, 'g');
const NOW = Date.parse('2026-01-02T03:06:00.000Z');
const SIZES = [
  [140, 40],
  [80, 24],
  [38, 12],
] as const;

const run = (text: string, title = 'first') => ({
  folder: `/runs/${title}`,
  title,
  state: stateAfter(everything(text)),
});

function drawn(pane: PaneName, width: number, height: number, text: string): string {
  const { Component } = PANES[pane];
  const props = { runs: [run(text)], settings: FIRST_SETTINGS, now: NOW };
  return renderToString(<Component {...props} width={width} height={height} />, { columns: width });
}

describe.each(PANE_NAMES)('the pane %s', (pane) => {
  test.each(SIZES)('fits into %i columns and %i lines', (width, height) => {
    const lines = stripVTControlCharacters(drawn(pane, width, height, 'make it snowy')).split('\n');
    expect(lines.length).toBeLessThanOrEqual(height);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
  });

  test('passes no foreign escape sequence to the terminal', () => {
    // Apart from our colours, no control characters remain.
    const plain = drawn(pane, 140, 60, HOSTILE).replaceAll(SGR, '');
    expect(plain.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });

  test('shows something for a run that has just begun', () => {
    const { Component } = PANES[pane];
    const state = stateAfter([{ type: 'run-started', command: 'train' }]);
    const props = {
      runs: [{ folder: '/runs/first', title: 'first', state }],
      settings: FIRST_SETTINGS,
      now: NOW,
    };
    expect(() => renderToString(<Component {...props} width={60} height={10} />)).not.toThrow();
  });
});

function screen(width: number, height: number, settings = {}, runs = [run('make it snowy')]): string[] {
  const props = { runs, settings: { ...FIRST_SETTINGS, ...settings }, now: NOW };
  const frame = renderToString(<WatchScreen {...props} columns={width} rows={height} />, { columns: width });
  return stripVTControlCharacters(frame).split('\n');
}

test.each(SIZES)('the screen never exceeds a terminal of %i x %i', (width, height) => {
  const lines = screen(width, height);
  expect(lines.length).toBeLessThanOrEqual(height);
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
  expect(lines.join('\n')).toContain('first  silent');
});

test.each([
  [1, 1],
  [3, 2],
  [10, 4],
])('a terminal of %i x %i breaks nothing', (width, height) => {
  expect(screen(width, height).length).toBeLessThanOrEqual(height);
});

test('shows a maximized pane, the help, and a filter', () => {
  const alone = screen(80, 24, { focused: 'log', isAlone: true }).join('\n');
  expect(alone).toContain('0 Log');
  expect(alone).not.toContain('1 Progress');
  expect(screen(80, 24, { isHelp: true }).join('\n')).toContain('save a checkpoint now');
  const filtered = screen(80, 24, { focused: 'metrics', isAlone: true, filter: '^grad' }).join('\n');
  expect(filtered).toContain('gradientNorm');
  expect(filtered).not.toContain('loss');
});

test('shows what a judge waits for, and what all processes of a run have used of the budget', () => {
  const state = stateAfter([
    { type: 'run-started', command: 'annotate' },
    {
      type: 'waiting',
      what: 'the rate limit',
      why: 'the server asks for a pause',
      until: '2026-01-02T03:07:00.000Z',
    },
    { type: 'spending', calls: 3, dollars: 1, budget: { cost: 10 }, ofRun: { cost: 9.5, calls: 40 } },
  ]);
  const { Component } = PANES.calls;
  const runs = [{ folder: '/a', title: 'a', state }];
  const text = renderToString(
    <Component runs={runs} width={80} height={9} settings={FIRST_SETTINGS} now={NOW} />,
  );
  expect(text).toContain('Waiting for the rate limit for 1:00: the server asks for a pause');
  expect(text).toContain('cost: $9.50 of $10.00');
});

test('shows the work in progress, however many small phases came after it', () => {
  const samples = { phase: 'Drawing samples', unit: 'steps', total: 10 };
  const state = stateAfter([
    { type: 'run-started', command: 'train' },
    { type: 'phase-started', phase: 'Training', unit: 'steps', total: 60 },
    ...[1, 2, 3].flatMap((): EventBody[] => [
      { type: 'phase-started', ...samples },
      { type: 'phase-finished', phase: samples.phase },
    ]),
  ]);
  const { Component } = PANES.progress;
  const text = (height: number) =>
    renderToString(
      <Component
        runs={[{ folder: '/a', title: 'a', state }]}
        width={60}
        height={height}
        settings={FIRST_SETTINGS}
        now={NOW}
      />,
    );
  expect(text(5)).toContain('Training');
  expect(text(5)).not.toContain('Drawing samples');
  expect(text(20).match(/Drawing samples/g)).toHaveLength(1);
});

test('keeps warnings in sight, and brings the next run to the front', () => {
  const other = {
    folder: '/second',
    title: 'second',
    state: stateAfter([{ type: 'log', message: 'only here' }]),
  };
  const log = { focused: 'log', isAlone: true };
  const lines = screen(80, 24, log, [run('x'), other]);
  expect(lines[0]).toMatch(/^› first  silent  1 warning  x/);
  expect(lines[1]).toMatch(/^second/);
  expect(screen(80, 24, { ...log, front: 1 }, [run('x'), other]).join('\n')).toMatch(
    /^› second[^]*only here/m,
  );
});

test('distinguishes several runs, and shows their differences', () => {
  const other = {
    ...{ folder: '/runs/second', title: 'second' },
    state: stateAfter([{ type: 'run-started', command: 'train', config: { steps: 50 } }], 'train-2'),
  };
  const lines = screen(100, 30, { focused: 'overview', isAlone: true, chosen: { overview: true } }, [
    run('x'),
    other,
  ]);
  expect(lines.slice(0, 2).map((line) => line.slice(0, 8).trimEnd())).toEqual(['› first', 'second']);
  expect(lines.find((line) => line.startsWith('steps'))).toMatch(/^steps +100 +50/);
});
