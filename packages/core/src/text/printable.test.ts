import { expect, test } from 'vitest';
import { oneLine, printable } from './printable.ts';

test('escapes control characters except line breaks', () => {
  expect(printable('a\u001B[31mb\r\u0000\u009Bc\nd\t')).toBe('a\\u001b[31mb\\u000d\\u0000\\u009bc\nd\\u0009');
  expect(printable('größer 大 "x" 👩‍👩‍👧 اجعل')).toBe('größer 大 "x" 👩‍👩‍👧 اجعل');
  expect(printable('a\u202Eb\u2066c\u200Fd')).toBe('a\\u202eb\\u2066c\\u200fd');
});

test('keeps foreign text on one line', () => {
  expect(oneLine('a\n::error::b\r\n\u001B[1m')).toBe('a\\n::error::b\\u000d\\n\\u001b[1m');
});
