import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startJudgeServer } from '@rewardedit/annotate/testing';
import { columnsOf, type PaneName } from '@rewardedit/tui';
import { frameOf, statesOf } from './frames.ts';
import { toSvg } from './svg.ts';
import { openTerminal, type Terminal } from './terminal.ts';

const CLI = fileURLToPath(new URL('../../../packages/cli/', import.meta.url));
const BIN = join(CLI, 'bin', 'run.js');
const SIZE = { columns: 100, rows: 28 } as const;
const run = promisify(execFile);

/**
 * Makes a picture of every screen except training screens, which `npm run screens -- RUN` draws: runs real
 * commands on the bundled photos, with a local judge server, and draws their events, or the terminal while
 * keys drive them.
 */
export async function makeTour(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'rewardedit-tour-'));
  const server = await startJudgeServer();
  const cli = async (...words: readonly string[]) => {
    process.stderr.write(`rewardedit ${words.join(' ')}\n`);
    return run(process.execPath, [BIN, ...words], { cwd: work });
  };
  const save = async (name: string, frame: string, title: string) => {
    const svg = toSvg([frame], { ...SIZE, title, secondsAFrame: 1, widthOf: columnsOf });
    await writeFile(join(out, `${name}.svg`), svg);
    process.stderr.write(`${name}.svg\n`);
  };
  const judge = ['--judge', 'compatible:judge', '--base-url', server.url];
  try {
    await mkdir(join(work, 'photos'));
    for (const name of (await readdir(join(CLI, 'assets/photos/held-out'))).filter((each) =>
      each.endsWith('jpg'),
    ))
      await copyFile(join(CLI, 'assets/photos/held-out', name), join(work, 'photos', name));
    const prices = { input: 100, output: 200 };
    await writeFile(
      join(work, 'models.json'),
      JSON.stringify({ models: [{ model: 'judge', vision: true, prices }] }),
    );
    await cli('data', 'photo-edits', 'photos', 'data', '--count', '24', '--size', '64');
    await cli('annotate', 'data', ...judge, '--model-table', 'models.json', '--max-cost', '5');
    for (const [name, rate] of [
      ['first', '0.001'],
      ['second', '0.0002'],
    ] as const) {
      const size = ['--size', '16', '--batch-size', '2', '--sample-count', '0', '--threads', '1'];
      await cli('train', 'data', '--out', `runs/${name}`, '--steps', '30', '--learning-rate', rate, ...size);
    }
    await cli('edit', 'photos', 'make it colder', '--out', 'edited');

    const pane = async (name: PaneName, folder: string, share = 1) => {
      const states = await statesOf(folder);
      const state = states[Math.ceil(states.length * share) - 1];
      await save(name, await frameOf(folder, state, name, SIZE), `The pane ${name} of ${basename(folder)}`);
    };
    const annotated = join(work, 'data/.rewardedit/annotate-rewards.jsonl');
    for (const name of ['scores', 'verdicts', 'calls'] as const) await pane(name, annotated);
    await pane('denoising', join(work, 'edited'), 0.5);
    for (const name of ['progress', 'system'] as const) await pane(name, join(work, 'runs/first'));

    const shown = async (command: string, scenes: (terminal: Terminal) => Promise<void>) => {
      const terminal = await openTerminal(`node ${BIN} ${command}`, { ...SIZE, folder: work });
      try {
        await scenes(terminal);
      } finally {
        await terminal.close();
      }
    };
    await shown('watch .', async ({ frame }) => save('list', await frame('runs/second'), 'A list of runs'));
    await shown('watch runs/first runs/second', async ({ frame, press }) => {
      await frame('The run ended');
      await press('2');
      await save('overlay', await frame('loss'), 'Two runs over each other');
      await press('?');
      await save('keys', await frame('go to a pane'), 'All keys of a screen');
    });
    // Larger than a terminal shows, and small enough to make a strip within a minute.
    await shown(`session --resolution 192 ${judge.join(' ')}`, (terminal) => session(terminal, save));
  } finally {
    await server.close();
    // Programs in the terminals may still write for a moment after they are closed.
    await rm(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A session from a model to a strip, by keys alone. */
async function session(
  { frame, press, type }: Terminal,
  save: (name: string, frame: string, title: string) => Promise<void>,
): Promise<void> {
  await save('session-model', await frame('the starter model'), 'The session: models to choose from');
  await type('starter');
  await frame('starter▏');
  await press('Enter');
  await frame('photos/');
  await type('photos');
  await frame('photos▏');
  await press('Enter');
  await frame('kodak-22.jpg');
  await type('22');
  await save('session-picture', await frame(/22▏[\s\S]*▀/), 'The session: pictures to choose from');
  await press('Enter');
  await frame(/› instruction[\s\S]*▀/);
  await type('make it black and white');
  await press('Enter');
  await save('session', await frame('History: 1'), 'The session: an edit');
  await press('Escape');
  await frame('› following');
  await press('j');
  await frame(/judged/);
  await press('c');
  await save(
    'session-compare',
    await frame(/changed: \d+%[\s\S]*▀/),
    'The session: before, after, and where they differ',
  );
  await press('c', 'v');
  await frame('History: 2');
  await press('t');
  await save(
    'session-strip',
    await frame(/3 strip of following[\s\S]*▀/),
    'The session: edits that differ in the score asked for',
  );
  await press('q');
  await frame('Commands that reproduce the results');
}
