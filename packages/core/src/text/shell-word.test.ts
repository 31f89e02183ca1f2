import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test('leaves plain words unchanged', () => {
  for (const word of ['data/scenes', '../runs/first-1', '/tmp/a~1', 'C:/x'])
    expect(shellWord(word)).toBe(word);
});

test.runIf(process.platform !== 'win32')('is read back by a shell', () => {
  for (const text of [
    'my photos',
    "it's",
    '~/x',
    '$HOME',
    'a"b',
    '*',
    '',
    'größe',
    '-n x',
    '`ls`',
    'a\\b',
    'a;b',
  ])
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' })).toBe(text);
});
