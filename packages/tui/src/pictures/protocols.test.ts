import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blankPicture, readPicture } from '@rewardedit/data';
import { decode } from 'sixel';
import { expect, onTestFinished, test } from 'vitest';
import { kittyPicture, knownProtocol, sixelPicture } from './protocols.ts';

const picture = blankPicture(10, 6, [255, 0, 0]);

test('a Kitty picture is a PNG in chunks of 4096 characters that decodes to the picture', async () => {
  // An incompressible picture.
  let random = 1;
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, () => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return random >>> 24;
  });
  const noise = { width: 64, height: 64, data };
  const commands = kittyPicture(noise, 20, 10).split('\u001B\\').slice(0, -1);
  expect(commands[0].startsWith('\u001B_Ga=T,f=100,q=2,c=20,r=10,m=1;')).toBe(true);
  expect(commands.at(-1)!.startsWith('\u001B_Gm=0;')).toBe(true);
  const pieces = commands.map((command) => command.slice(command.indexOf(';') + 1));
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(4096);
  const folder = await mkdtemp(join(tmpdir(), 'rewardedit-kitty-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'a.png'), Buffer.from(pieces.join(''), 'base64'));
  expect(await readPicture(join(folder, 'a.png'))).toEqual(noise);
});

test('sixels decode to the picture', () => {
  const commands = sixelPicture(picture);
  // The decoder expects the data between the sequence's introducer and its terminator.
  const { width, height, data32 } = decode(commands.slice(commands.indexOf('q') + 1, -2));
  expect([width, height]).toEqual([10, 6]);
  const red = Uint8Array.of(255, 0, 0, 255);
  for (const at of [0, 9, 5 * width])
    expect(new Uint8Array(data32.buffer, data32.byteOffset + 4 * at, 4)).toEqual(red);
});

test.each([
  [{ TERM: 'xterm-kitty' }, 'kitty'],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'WezTerm' }, 'kitty'],
  [{ TERM: 'foot' }, 'sixel'],
  [{ TERM: 'xterm-256color' }, undefined],
  [{ TERM: 'tmux-256color', KITTY_WINDOW_ID: '1', TMUX: '/tmp/tmux' }, undefined],
])('knows what %j takes', (environment, protocol) => {
  expect(knownProtocol(environment)).toBe(protocol);
});
