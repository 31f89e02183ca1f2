import { expect, it } from 'vitest';
import { unwrapped } from './unwrapped.ts';

it.each([
  '{"a":1}',
  ' \n{"a":1}\t',
  '```\n{"a":1}\n```',
  '```json\n{"a":1}```',
  '```python {"a":1} ```\n',
  '||V^=^V||\n{"a":1}\n||V^=^V||',
  '```json\n||V^=^V||{"a":1}||V^=^V||\n```',
  '"{"a":1}"',
  '```\n{"a":1}',
  '{"a":1}\n```',
])('finds the object in %j', (text) => {
  expect(unwrapped(text)).toBe('{"a":1}');
});

it.each(['Here it is: {"a":1}', '````{"a":1}````', '{"a":1} Done.', '', '``` ``` {"a":1}'])(
  'keeps the rest of %j',
  (text) => {
    expect(unwrapped(text)).not.toBe('{"a":1}');
  },
);

it('takes linear time', () => {
  const [spaces, marks] = [' '.repeat(1e6), '`'.repeat(1e6)];
  for (const text of [
    spaces,
    `{}${spaces}x`,
    `x${spaces}{}`,
    `"${spaces}"${spaces}"`,
    marks,
    `{}${marks}x`,
    '||V^=^V||'.repeat(1e5),
  ])
    expect(unwrapped(text).length).toBeLessThanOrEqual(text.length);
});
