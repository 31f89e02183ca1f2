import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters, promisify } from 'node:util';
import { blankPicture, readPicture, writePng } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const BROKEN = fileURLToPath(
  new URL('../../../tui/dist/testing/broken-screen.test.helper.js', import.meta.url),
);
/** A server of our own, which nobody's settings reach. */
const SOCKET = `rewardedit-terminals-${process.pid}`;
const run = promisify(execFile);
/** Would clear the screen, name the window, and turn the text around. */
const HOSTILE = 'make it \u001B[2J\u001B]0;owned\u0007\u202Esnowy 雪';

const PICTURE = blankPicture(24, 16, [200, 80, 40]);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-terminals-'));
  const path = join(folder, 'first');
  await mkdir(join(path, 'samples'), { recursive: true });
  await writePng(join(path, 'samples', '1.png'), PICTURE);
  const bodies: object[] = [
    { type: 'run-started', command: 'train', pid: 7, version: '0.1.0', config: { steps: 2 } },
    { type: 'step', step: 1, metrics: { loss: 0.5 }, seconds: 1 },
    { type: 'step', step: 2, metrics: { loss: 0.25 }, seconds: 1 },
    { type: 'sample', step: 2, path: 'samples/1.png', items: [{ instruction: HOSTILE }] },
    { type: 'warning', message: HOSTILE },
    { type: 'run-finished', status: 'done' },
  ];
  const lines = bodies.map((body, i) =>
    JSON.stringify({
      ...{ seq: i + 1, time: new Date(Date.UTC(2026, 0, 2) + 1000 * i).toISOString(), run: 'a', host: 'h' },
      ...body,
    }),
  );
  await writeFile(join(path, 'events.jsonl'), `${lines.join('\n')}\n`);
});
afterAll(async () => {
  spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function tmux(...words: string[]): Promise<string> {
  return (await run('tmux', ['-L', SOCKET, '-f', '/dev/null', ...words])).stdout;
}

/** A shell in a terminal of its own, in the test's folder. */
async function openShell(name: string, environment: readonly string[], size: readonly number[]) {
  await tmux(
    ...['new-session', '-d', '-s', name, '-x', String(size[0]), '-y', String(size[1]), '-c', folder],
    ...['env', '-i', `PATH=${process.env['PATH']}`, `HOME=${folder}`, 'LANG=C.UTF-8', ...environment],
    ...['PS1=ready>', 'bash', '--norc', '--noprofile'],
  );
  const raw = join(folder, `${name}.raw`);
  await tmux('pipe-pane', '-t', name, '-o', `cat > ${raw}`);
  const bytesOf = async () => (existsSync(raw) ? readFile(raw, 'utf8') : '');
  return {
    bytesOf,
    shown: () => tmux('capture-pane', '-p', '-t', name),
    async typeLine(line: string) {
      await tmux('send-keys', '-t', name, '-l', line);
      await tmux('send-keys', '-t', name, 'Enter');
    },
    press: (key: string) => tmux('send-keys', '-t', name, key),
    async until(what: string, isThere: (bytes: string) => boolean) {
      for (let i = 0; i < 200; i++) {
        if (isThere(await bytesOf())) return;
        await sleep(100);
      }
      throw new Error(`${name}: ${what} never came:\n${await tmux('capture-pane', '-p', '-t', name)}`);
    },
  };
}

type Shell = Awaited<ReturnType<typeof openShell>>;

/** Asks the shell how its terminal is set, as it could not where a screen had left it as its own. Gives what is on it then. */
async function settingsOf({ typeLine, until, shown }: Shell): Promise<string> {
  await typeLine('stty -a | grep -oE -- "-?(icanon|echo)\\b"; echo it is $((40+2))');
  await until('the shell', (all) => all.includes('it is 42'));
  return shown();
}

/**
 * Watches the run in a terminal of its own, presses keys there one after another, and leaves. Gives every byte that went to the terminal,
 * and what was on it before it was left.
 */
async function watchIn(
  name: string,
  environment: readonly string[],
  {
    options = '',
    size = [120, 36],
    keys = [],
  }: { readonly options?: string; readonly size?: readonly number[]; readonly keys?: readonly string[] } = {},
): Promise<{ readonly bytes: string; readonly shown: string; readonly after: string }> {
  const terminal = await openShell(name, environment, size);
  const { bytesOf, until, press } = terminal;
  await terminal.typeLine(`node ${BIN} watch first ${options}`);
  await until('the run', (bytes) => stripVTControlCharacters(bytes).includes('ended: done'));
  // The picture is decoded after the rest is shown.
  if (size[0] > 100 && options === '')
    await until('the picture', (bytes) => /▀|@@@|###|\*\*\*|===|\+\+\+/.test(bytes));
  await sleep(300);
  for (const key of keys) {
    const before = (await bytesOf()).length;
    await press(key);
    await until(`what ${key} does`, (bytes) => bytes.length > before);
    await sleep(300);
  }
  const [bytes, shown] = [await bytesOf(), await terminal.shown()];
  await press('q');
  await sleep(300);
  return { bytes, shown, after: await settingsOf(terminal) };
}

/** What escape sequences begin with. */
const ESCAPE = '\u001B';

/** The parameters of all sequences that set colours. */
function colours(bytes: string): string[] {
  return [...bytes.matchAll(RegExp(String.raw`${ESCAPE}\[([\d;]*)m`, 'g'))].flatMap(([, codes]) =>
    /(?:^|;)(?:3[0-8]|4[0-8]|9\d|10\d)(?:;|$)/.test(codes) ? [codes] : [],
  );
}

/** What is in the bytes of a picture that was shown as it is. */
const PROTOCOLS: Readonly<Partial<Record<string, (bytes: string) => Promise<void>>>> = {
  async kitty(bytes) {
    const piece = RegExp(String.raw`${ESCAPE}_G[^;${ESCAPE}]*;([\w+/=]+)${ESCAPE}\\`, 'g');
    const pieces = [...bytes.matchAll(piece)].map(([, data]) => data);
    const file = join(folder, 'decoded.png');
    await writeFile(file, Buffer.from(pieces.join(''), 'base64'));
    expect(await readPicture(file)).toEqual(PICTURE);
    // Taken away again.
    expect(bytes).toContain('\u001B_Ga=d');
  },
  async sixel(bytes) {
    const shown = RegExp(String.raw`${ESCAPE}P[\d;]*q([^${ESCAPE}]*)${ESCAPE}\\`);
    const [, sixels = ''] = shown.exec(bytes) ?? [];
    expect(sixels).toMatch(/^"1;1;\d+;\d+/);
    // Its colour in percent, as a register of sixels has it.
    expect(sixels).toMatch(/#\d+;2;78;31;1[56]/);
  },
};

if (!hasTmux) process.stderr.write('No terminals are tried: there is no tmux here.\n');

describe.runIf(hasTmux)('a screen', () => {
  test.each([
    ['NO_COLOR', ['TERM=xterm-256color', 'COLORTERM=truecolor', 'NO_COLOR=1'], 0],
    ['sixel', ['TERM=foot'], 4],
    ['ssh', ['TERM=xterm-256color', 'SSH_TTY=/dev/pts/9'], 8],
    ['kitty', ['TERM=xterm-kitty'], 24],
  ] as const)(
    '%s: in the colours that there are; hostile texts command nothing',
    async (name, env, depth) => {
      const protocol = PROTOCOLS[name];
      const { bytes, shown, after } = await watchIn(name, env, { keys: protocol ? ['o', 'x'] : [] });
      const used = colours(bytes);
      const has = (code: string) => used.some((codes) => codes.includes(code));
      expect([used.length > 0, has('38;5') || has('48;5'), has('38;2') || has('48;2')]).toEqual([
        depth > 0,
        depth === 8,
        depth === 24,
      ]);
      expect(bytes).not.toContain('\u001B]0;owned');
      expect(bytes).not.toContain('\u202E');
      expect(shown).toContain('The run ended: done');
      expect(after).toMatch(/^icanon\necho$/m);
      await protocol?.(bytes);
    },
  );

  test('is lines that can be read aloud, with nothing drawn over', async () => {
    const { bytes, shown } = await watchIn('spoken', ['TERM=xterm-256color'], { options: '--screen-reader' });
    expect(bytes).not.toContain('\u001B[?1049h');
    expect(stripVTControlCharacters(shown)).not.toMatch(/[▀█░⠀-⣿]/u);
  });

  test('is narrow: nothing is wider than the terminal, and what has no room waits', async () => {
    const { shown } = await watchIn('narrow', ['TERM=xterm-256color'], { size: [24, 8] });
    expect(shown).toContain('The run ended: done');
    expect(shown.trimEnd().split('\n').length).toBeLessThanOrEqual(8);
  });

  test.each([
    ['pane', 'the pane broke'],
    ['timer', 'the timer broke'],
  ])('that breaks in a %s says why, on a terminal that is as it was', async (where, message) => {
    const terminal = await openShell(`broken-${where}`, ['TERM=xterm-256color'], [80, 24]);
    await terminal.typeLine(`node ${BROKEN} ${where}; echo ended with $?`);
    await terminal.until('its end', (bytes) => bytes.includes('ended with 1'));
    const [bytes, after] = [await terminal.bytesOf(), await settingsOf(terminal)];
    expect(bytes).toContain('still whole');
    // Out of the page of its own, with a cursor.
    const left = bytes.lastIndexOf('\u001B[?1049l');
    expect(left).toBeGreaterThan(bytes.lastIndexOf('\u001B[?1049h'));
    expect(bytes.lastIndexOf('\u001B[?25h')).toBeGreaterThan(bytes.lastIndexOf('\u001B[?25l'));
    expect(bytes.slice(left)).toContain(message);
    expect(after).toMatch(/^icanon\necho$/m);
  });

  test('is resized again and again, and then fills what there is', async () => {
    const terminal = await openShell('storm', ['TERM=xterm-256color'], [120, 36]);
    await terminal.typeLine(`node ${BIN} watch first`);
    await terminal.until('the run', (bytes) => bytes.includes('ended: done'));
    for (let i = 0; i < 60; i++)
      await tmux('resize-window', '-t', 'storm', '-x', String(20 + 3 * (i % 30)), '-y', String(3 + (i % 29)));
    await tmux('resize-window', '-t', 'storm', '-x', '90', '-y', '28');
    let lines: string[] = [];
    const isWhole = () => lines[0]?.startsWith('first') && lines[26]?.startsWith('? help');
    for (let i = 0; i < 200 && !isWhole(); i++) {
      await sleep(100);
      lines = (await terminal.shown()).split('\n');
    }
    expect(lines[0]).toMatch(/^first +done/);
    // The last line but one: a frame as high as the terminal would make it scroll.
    expect(lines[26]).toMatch(/^\? help · q leave/);
    await terminal.press('q');
    await sleep(300);
    expect(await settingsOf(terminal)).toMatch(/^icanon\necho$/m);
  });
});
