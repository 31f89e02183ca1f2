import { expect, test } from 'vitest';
import { paint, terminalOf } from './terminal.ts';

const TTY = { isTTY: true, columns: 120 };

test.each([
  ['a terminal', TTY, {}, { live: true, colour: true }],
  ['a pipe', {}, {}, { live: false, colour: false }],
  ['NO_COLOR', TTY, { NO_COLOR: '1' }, { live: false, colour: false }],
  ['an empty NO_COLOR', TTY, { NO_COLOR: '' }, { live: true, colour: true }],
  ['CI', TTY, { CI: 'true' }, { live: false, colour: true }],
  ['a dumb terminal', TTY, { TERM: 'dumb' }, { live: false, colour: false }],
])('%s', (_name, stream, environment, expected) => {
  expect(terminalOf(stream, environment)).toMatchObject(expected);
});

test('follows the width of the terminal', () => {
  const stream = { isTTY: true, columns: 100 };
  const terminal = terminalOf(stream, {});
  expect(terminal.width()).toBe(100);
  stream.columns = 60;
  expect(terminal.width()).toBe(60);
  expect(terminalOf({}, {}).width()).toBe(80);
});

test('styles text only if there are colours', () => {
  expect(paint({ colour: false }, 'red', 'x')).toBe('x');
  expect(paint({ colour: true }, 'red', 'x')).toBe('\u001B[31mx\u001B[39m');
});
