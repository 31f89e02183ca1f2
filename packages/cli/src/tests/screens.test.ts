import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { blankPicture, readPicture, writePng } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SERVER, startServer } from './redis-server.test.helper.ts';
import { runCli } from './run-cli.test.helper.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
const isLong = process.env['REWARDEDIT_LONG'] === '1';
const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const FRAMES = fileURLToPath(new URL('../../../../fixtures/screens/', import.meta.url));
/** A server of our own, which nobody's settings reach. */
const SOCKET = `rewardedit-test-${process.pid}`;
const run = promisify(execFile);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-screens-'));
});
afterAll(async () => {
  spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
  // What the terminals ran may write for a moment after they are gone.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function tmux(...words: string[]): Promise<string> {
  return (await run('tmux', ['-L', SOCKET, '-f', '/dev/null', ...words])).stdout;
}

/** Opens a shell of its own in a terminal of this size, and types a command. */
async function open(name: string, command: string, columns: number, rows: number): Promise<void> {
  await tmux(
    'new-session',
    '-d',
    '-s',
    name,
    '-x',
    String(columns),
    '-y',
    String(rows),
    'env',
    '-i',
    `PATH=${process.env['PATH']}`,
    `HOME=${folder}`,
    'TERM=screen-256color',
    'PS1=ready>',
    'bash',
    '--norc',
    '--noprofile',
  );
  await tmux('send-keys', '-t', name, '-l', `cd ${folder}; ${command}`);
  await tmux('send-keys', '-t', name, 'Enter');
}

/** What is on the terminal, once it contains a text and has not changed for so many looks. */
async function frame(name: string, text: string | RegExp, seconds = 60, looks = 2): Promise<string> {
  let [last, same] = ['', 0];
  for (const begun = performance.now(); performance.now() - begun < 1000 * seconds;) {
    const now = await tmux('capture-pane', '-p', '-t', name);
    same = now === last ? same + 1 : 0;
    last = now;
    const isThere = typeof text === 'string' ? now.includes(text) : text.test(now);
    if (isThere && same >= looks) return now;
    await sleep(100);
  }
  throw new Error(`${String(text)} never came:\n${last}`);
}

const SIZES = [
  [120, 36],
  [80, 24],
  [46, 14],
] as const;

/**
 * Compares what is on the terminal at three sizes with what it was. A frame is waited for: pictures are decoded after the rest is shown.
 * `steady` takes out what is another each time, such as how long ago something was.
 */
async function expectFrames(
  name: string,
  kind: string,
  text: string | RegExp,
  steady = (shown: string) => shown,
): Promise<void> {
  for (const [columns, rows] of SIZES) {
    await tmux('resize-window', '-t', name, '-x', String(columns), '-y', String(rows));
    const file = join(FRAMES, `${kind}-${columns}x${rows}.txt`);
    const before = await readFile(file, 'utf8').catch(() => undefined);
    await sleep(300);
    let shown = steady(await frame(name, text));
    const isLate = () => before !== undefined && shown !== before;
    for (let i = 0; i < 20 && isLate(); i++) {
      await sleep(100);
      shown = steady(await frame(name, text));
    }
    await expect(shown).toMatchFileSnapshot(file);
    expect(shown).not.toContain('\u001B');
  }
}

/** A command has given the terminal back: it waits for whole lines again, and runs what is typed. */
async function expectUsable(name: string): Promise<void> {
  await tmux('send-keys', '-t', name, '-l', 'stty -a | grep -oE -- "-?icanon"; echo it is $((40+2))');
  await tmux('send-keys', '-t', name, 'Enter');
  expect(await frame(name, 'it is 42')).toMatch(/^icanon$/m);
}

/** A run that has ended, with everything that panes show, at fixed times. */
async function makeRun(title = 'first', config: object = {}): Promise<void> {
  const path = join(folder, title);
  await mkdir(join(path, 'samples'), { recursive: true });
  await writePng(join(path, 'samples', 'step-000040.png'), blankPicture(24, 16, [200, 80, 40]));
  const bodies: object[] = [
    {
      type: 'run-started',
      command: 'train',
      pid: 7,
      version: '0.1.0',
      config: { steps: 40, size: 16, ...config },
    },
    { type: 'phase-started', phase: 'Training', unit: 'steps', total: 40, requests: ['pause'] },
    ...Array.from({ length: 40 }, (_, i) => ({
      type: 'step',
      step: i + 1,
      metrics: { loss: 1 / (i + 1), learningRate: 1e-4 },
      seconds: 1,
    })),
    {
      type: 'sample',
      step: 40,
      path: 'samples/step-000040.png',
      items: [{ instruction: 'make it \u001B[2Jsnowy 雪' }],
    },
    { type: 'warning', message: 'one picture was hard to read' },
    { type: 'phase-finished', phase: 'Training' },
    { type: 'run-finished', status: 'done' },
  ];
  const begun = Date.parse('2026-01-02T03:04:05.000Z');
  const lines = bodies.map((body, i) =>
    JSON.stringify({
      seq: i + 1,
      time: new Date(begun + 1000 * i).toISOString(),
      run: `train-${title}`,
      host: 'node7',
      ...body,
    }),
  );
  await writeFile(join(path, 'events.jsonl'), `${lines.join('\n')}\n`);
}

if (!hasTmux) process.stderr.write('Screens are not driven in a terminal: there is no tmux here.\n');
if (!isLong) process.stderr.write('Screens over real work are driven only with REWARDEDIT_LONG=1.\n');

describe.runIf(hasTmux)('a screen in a terminal', () => {
  test('shows a run at three sizes, follows keys, and gives the terminal back', async () => {
    await makeRun();
    await open('watch', `node ${BIN} watch first`, 120, 36);
    await expectFrames('watch', 'watch', 'The run ended: done');
    await tmux('send-keys', '-t', 'watch', '0');
    await tmux('send-keys', '-t', 'watch', 'Enter');
    expect(await frame('watch', /^0 Log ━/m)).toContain('Warning: one picture was hard to read');
    await tmux('send-keys', '-t', 'watch', '?');
    await frame('watch', 'go to a pane');
    await tmux('send-keys', '-t', 'watch', 'x');
    await tmux('send-keys', '-t', 'watch', 'q');
    await frame('watch', /ready>\s*$/);
    await expectUsable('watch');
    // What is open the next time is what was open.
    const remembered = await readFile(join(folder, '.local/state/rewardedit/screens.json'), 'utf8');
    expect(JSON.parse(remembered)).toMatchObject({ axis: 'auto' });
  });

  test('shows runs to choose from, and several over each other, at three sizes', async () => {
    await makeRun();
    await makeRun('second', { steps: 50, learningRate: 1e-3 });
    await open('list', `mkdir -p runs; mv first second runs; node ${BIN} watch runs`, 120, 36);
    const untimed = (shown: string) => shown.replaceAll(/\S+( d \d+ h)? ago */g, 'ago ');
    await frame('list', '2 runs');
    // The newest is the first; these were made one after another.
    await expectFrames('list', 'list', '2 runs', untimed);
    await tmux('send-keys', '-t', 'list', ' ');
    await tmux('send-keys', '-t', 'list', 'Down');
    await tmux('send-keys', '-t', 'list', ' ');
    await frame('list', /●[^]*●/);
    await tmux('send-keys', '-t', 'list', 'Enter');
    await expectFrames('list', 'overlay', 'n next run');
    await tmux('send-keys', '-t', 'list', 'q');
    await frame('list', /ready>\s*$/);
  });

  test('edits a picture by keys, at three sizes', { timeout: 60_000 }, async () => {
    await mkdir(join(folder, 'photos'), { recursive: true });
    await writePng(join(folder, 'photos', 'house.png'), blankPicture(24, 16, [200, 80, 40]));
    await open('session', `node ${BIN} session --steps 2 --size 16`, 120, 36);
    const keys = (...words: string[]) => tmux('send-keys', '-t', 'session', ...words);
    await frame('session', 'the starter model');
    await keys('-l', 'starter');
    await frame('session', 'Model: starter▏');
    await keys('Enter');
    await frame('session', 'Picture in');
    await keys('-l', 'photos');
    await frame('session', ': photos▏');
    await keys('Enter');
    const unnamed = (shown: string) => shown.replace(/Picture in .*?(?=: |$)/m, 'Picture in FOLDER');
    await frame('session', 'house.png');
    await keys('-l', 'house');
    await expectFrames('session', 'session-picture', /: house▏/, unnamed);
    await keys('Enter');
    await frame('session', '› instruction');
    await keys('-l', 'make it darker');
    await keys('Enter');
    await frame('session', 'History: 1', 40);
    await expectFrames('session', 'session', 'History: 1');
    await keys('Escape');
    await frame('session', '› following');
    await keys('c');
    await expectFrames('session', 'session-compare', /changed: \d+%/);
    await keys('?');
    await expectFrames('session', 'session-help', 'go from field to field');
    await keys('q');
    await frame('session', '› following');
    await tmux('resize-window', '-t', 'session', '-x', '200', '-y', '30');
    await keys('q');
    expect(await frame('session', 'Commands that reproduce the results')).toContain(
      "-- photos/house.png 'make it darker'",
    );
  });

  test('without a terminal, a run that has ended is told in lines', async () => {
    await makeRun();
    const { exitCode, stdout, stderr } = await runCli(['watch', join(folder, 'first')]);
    expect([exitCode, stdout]).toEqual([0, 'The run ended: done\n']);
    expect(stderr).toContain('Warning: one picture was hard to read');
    const json = await runCli(['watch', join(folder, 'first'), '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      runs: [{ command: 'train', status: 'done', step: 40, metrics: { loss: 0.025 } }],
    });
    const nowhere = await runCli(['watch', join(folder, 'nowhere')]);
    expect(nowhere.exitCode).toBe(3);
  });
});

describe.runIf(hasTmux && isLong)('screens over real work', () => {
  const train = 'train scenes --size 16 --batch-size 2 --sample-count 0 --threads 1 --stage 1';

  beforeAll(async () => {
    for (const [name, count] of [
      ['scenes', '64'],
      ['queued', '64'],
      // So many that the screen is there before they are judged.
      ['many', '3000'],
    ])
      await runCli(['data', 'scenes', join(folder, name), '--count', count, '--size', '32']);
    await mkdir(join(folder, 'photos'), { recursive: true });
    for (const at of [1, 2, 3])
      await writePng(join(folder, 'photos', `${at}.png`), blankPicture(96, 64, [60 * at, 80, 40]));
  });

  test(
    'kill -9 of the screen: the training goes on, and the terminal is usable',
    { timeout: 120_000 },
    async () => {
      await open('kill', `node ${BIN} ${train} --out killed --steps 60 --tui`, 100, 30);
      await frame('kill', /\d+\/60 steps/, 60).catch(() => undefined);
      const screens = execFileSync('pgrep', ['-f', 'watch killed --attached'], { encoding: 'utf8' })
        .trim()
        .split('\n');
      process.kill(Number(screens[0]), 'SIGKILL');
      const shown = await frame('kill', 'Trained 60 steps', 90);
      expect(shown).toMatch(/ready>/);
      await expectUsable('kill');
    },
  );

  test.each([
    [
      'train',
      `${train} --out shown --steps 400`,
      /^\S+ {2}running {2}train[^]*Training/,
      'Trained 400 steps',
    ],
    ['annotate', 'annotate many', /^\S+ {2}running {2}annotate[^]*Judging/, 'Next: rewardedit train'],
    [
      'edit',
      'edit photos "make it darker" --steps 200 --size 64 --out edits',
      /^\S+ {2}running {2}edit/,
      'jobs are done',
    ],
    [
      'eval',
      'eval shown/model --on scenes --judge oracle --out evaluated',
      /^\S+ {2}running {2}eval/,
      'Next: rewardedit review',
    ],
  ])(
    '%s --tui shows the work, ends by itself, and gives the terminal back',
    { timeout: 180_000 },
    async (name, words, screen, end) => {
      await open(name, `node ${BIN} ${words} --tui`, 100, 30);
      await frame(name, screen, 60, 0);
      await frame(name, end, 120);
      await expectUsable(name);
    },
  );

  test.skipIf(SERVER === undefined)(
    'worker --tui waits for a run, shows it, and ends with it',
    { timeout: 180_000 },
    async ({ onTestFinished }) => {
      const url = await startServer(onTestFinished, 'p');
      const env = { REDIS_PASSWORD: 'p' };
      await open(
        'worker',
        `REDIS_PASSWORD=p node ${BIN} worker --queue ${url} --data queued --until-empty --tui`,
        100,
        30,
      );
      await frame('worker', /^\S+ {2}running {2}worker[^]*Waiting for a run/, 60, 0);
      await runCli(['annotate', join(folder, 'queued'), '--queue', url], { env });
      await frame('worker', 'Judged 64 triplets', 60);
      await expectUsable('worker');
    },
  );

  test('a session from start to saved picture by keys alone', { timeout: 120_000 }, async () => {
    await runCli([
      'train',
      join(folder, 'scenes'),
      '--out',
      join(folder, 'model-run'),
      '--steps',
      '1',
      ...train.split(' ').slice(2),
    ]);
    await open('by keys', `node ${BIN}`, 100, 30);
    const keys = (...words: string[]) => tmux('send-keys', '-t', 'by keys', ...words);
    await frame('by keys', 'model-run/model', 60);
    await keys('-l', 'model-run');
    await frame('by keys', 'Model: model-run▏');
    await keys('Enter');
    await frame('by keys', 'Picture in');
    for (const name of ['scenes', 'pictures', '000', 'original']) {
      await keys('-l', name);
      await frame('by keys', `: ${name}▏`);
      await keys('Enter');
      await sleep(500);
    }
    await frame('by keys', '› instruction');
    await keys('-l', 'make it darker');
    await keys('Enter');
    await frame('by keys', 'History: 1', 60);
    await keys('Escape');
    await frame('by keys', '› following');
    await keys('w');
    await frame('by keys', 'save as: edited-1.png');
    await keys('Enter');
    await frame('by keys', 'Saved as edited-1.png');
    await keys('q');
    const left = await frame('by keys', 'Commands that reproduce the results');
    expect(left).toContain('rewardedit edit --model model-run/model --out edited-1.png');
    // What the command makes is what was saved.
    const model = join(folder, 'model-run/model');
    const pictures = join(folder, 'scenes/pictures/000');
    const [original] = (await readdir(pictures)).filter((name) => name.includes('original')).toSorted();
    const again = join(folder, 'again.png');
    await runCli(['edit', join(pictures, original), 'make it darker', '--model', model, '--out', again]);
    expect(await readPicture(again)).toEqual(await readPicture(join(folder, 'edited-1.png')));
  });
});
