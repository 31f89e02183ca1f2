import { expect, test } from 'vitest';
import { everything, stateAfter } from '../testing/sample-state.test.helper.ts';
import { openPanes, press } from './keys.ts';
import { gridOf, metricNames } from './metric-grid.ts';
import { layout } from './layout.ts';
import { FIRST_SETTINGS, type ViewSettings } from './view-settings.ts';

const states = [stateAfter(everything('x'))];

function after(...names: string[]): ViewSettings {
  return names.reduce((settings, name) => press(settings, name, states).settings, FIRST_SETTINGS);
}

test('opens, focuses and closes a pane by its key', () => {
  expect(openPanes(after('9'), states)).toContain('overview');
  expect(after('9').focused).toBe('overview');
  expect(openPanes(after('9', '9'), states)).not.toContain('overview');
  // An open pane is focused first.
  expect(openPanes(after('2'), states)).toContain('metrics');
  expect(after('2').focused).toBe('metrics');
  expect(openPanes(after('2', '2'), states)).not.toContain('metrics');
});

test('types, applies and cancels a filter; typed letters are not commands', () => {
  expect(after('/', 'q', 'x', 'backspace', 'u', 'return')).toMatchObject({
    filter: 'qu',
    isFiltering: false,
  });
  expect(after('/', 'a', 'escape')).toMatchObject({ filter: '', isFiltering: false });
  expect(after('/', 'a', 'return', 'escape')).toMatchObject({ filter: '' });
});

test.each([
  ['q', { type: 'leave' }],
  ['ctrl-c', { type: 'leave' }],
  ['p', { type: 'request', request: 'pause' }],
  ['c', { type: 'request', request: 'checkpoint' }],
  ['s', { type: 'request', request: 'sample' }],
  ['x', { type: 'request', request: 'stop' }],
  ['o', { type: 'picture' }],
  ['escape', { type: 'back' }],
])('%s', (name, effect) => {
  expect(press(FIRST_SETTINGS, name, states).effect).toEqual(effect);
});

test('resumes a paused run', () => {
  const paused = stateAfter([...everything('x'), { type: 'waiting', what: 'resume', why: 'paused' }]);
  expect(press(FIRST_SETTINGS, 'p', [paused]).effect).toEqual({ type: 'request', request: 'resume' });
});

test('opens the differences between several runs, and brings the next one to the front with n', () => {
  const paused = stateAfter([...everything('x'), { type: 'waiting', what: 'resume', why: 'paused' }]);
  expect(openPanes(FIRST_SETTINGS, states)).not.toContain('overview');
  expect(openPanes(FIRST_SETTINGS, [...states, paused])).toContain('overview');
  expect(press(FIRST_SETTINGS, 'p', [...states, paused]).effect).toMatchObject({ request: 'pause' });
  expect(press(after('n'), 'p', [...states, paused]).effect).toMatchObject({ request: 'resume' });
  expect(press(after('n', 'n'), 'p', [...states, paused]).effect).toMatchObject({ request: 'pause' });
});

test('ignores unknown keys', () => {
  for (const name of ['constructor', '__proto__', 'ctrl-z', 'ä', ''])
    expect(press(FIRST_SETTINGS, name, states)).toEqual({ settings: FIRST_SETTINGS });
});

test('scrolls down to newer lines of the log and to further settings of the overview', () => {
  expect(after('0', 'up', 'up', 'down').scroll).toBe(1);
  expect(after('9', 'down', 'pageDown', 'up').scroll).toBe(10);
  expect(after('9', 'up').scroll).toBe(0);
});

test('keeps zoom and pan within bounds', () => {
  expect(
    after('+', '+', 'left', 'left', 'left', 'left', 'left', 'left', 'left', 'left', 'left', 'left'),
  ).toMatchObject({ zoom: 4, pan: 1 });
  expect(after('+', 'left', '-')).toMatchObject({ zoom: 1, pan: 0 });
});

test('sorts metrics by interest, and searches an invalid expression literally', () => {
  const runs = [{ folder: '', title: '', state: states[0] }];
  expect(metricNames(runs, '').names.slice(0, 3)).toEqual(['loss', 'learningRate', 'gradientNorm']);
  expect(metricNames(runs, '(')).toEqual({ names: [], isExpression: false });
});

test('shows as many charts and panes as fit', () => {
  expect(gridOf(9, 110, 21)).toEqual({ columns: 3, rows: 3, pages: 1 });
  expect(gridOf(9, 80, 8)).toEqual({ columns: 2, rows: 1, pages: 5 });
  expect(gridOf(0, 10, 3)).toEqual({ columns: 1, rows: 1, pages: 1 });
});

test('gives panes the lines they need, and the rest to panes that can use them', () => {
  const panes = ['progress', 'metrics', 'log'] as const;
  const heights = (...args: Parameters<typeof layout>) =>
    layout(...args).map((column) => column.map(({ pane, height }) => [pane, height]));
  expect(heights(panes, undefined, 80, 20)).toEqual([[...panes].map((pane, i) => [pane, [6, 8, 6][i]])]);
  expect(heights(panes, undefined, 80, 15)).toEqual([
    [
      ['progress', 7],
      ['metrics', 8],
    ],
  ]);
  expect(heights(panes, 'log', 80, 15)).toEqual([
    [
      ['metrics', 8],
      ['log', 7],
    ],
  ]);
  expect(heights(panes, undefined, 80, 40)).toEqual([
    [
      ['progress', 9],
      ['metrics', 16],
      ['log', 15],
    ],
  ]);
  expect(heights(panes, undefined, 120, 40)).toEqual([
    [
      ['progress', 9],
      ['metrics', 31],
    ],
    [['log', 40]],
  ]);
  expect(heights(panes, 'metrics', 20, 4)).toEqual([[['metrics', 4]]]);
  expect(heights(['progress'], undefined, 80, 40)).toEqual([[['progress', 40]]]);
});
