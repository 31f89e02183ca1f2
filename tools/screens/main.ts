import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { INITIAL_STATE, readEvents, reduceRun, type RunState } from '@rewardedit/core';
import type { PaneName } from '@rewardedit/tui';
import { toSvg } from './svg.ts';

// What draws asks for colours when it is loaded.
process.env['FORCE_COLOR'] = '3';
const { PANE_NAMES, columnsOf, renderFrame } = await import('@rewardedit/tui');

const USAGE = `npm run screens -- RUN --out FILE.svg [--frames N] [--pane NAME] [--columns N] [--rows N]

Draws what \`rewardedit watch RUN\` shows, from the events of the run: as it ended, or with --frames, how it went.

  --frames N      pictures of an animation, evenly over the events; 1 by default: the last one
  --pane NAME     one pane alone: ${PANE_NAMES.join(', ')}
  --columns N     of the terminal; 110 by default
  --rows N        of the terminal; 32 by default`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    frames: { type: 'string', default: '1' },
    pane: { type: 'string' },
    columns: { type: 'string', default: '110' },
    rows: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
});
const [folder] = positionals;
const { out } = values;
const pane = PANE_NAMES.find((name) => name === values.pane);
if (
  values.help ||
  folder === undefined ||
  out === undefined ||
  (values.pane !== undefined && pane === undefined)
) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(values.help ? 0 : 2);
}
const [frames, columns, rows] = [values.frames, values.columns, values.rows].map(Number);
const drawn: string[] = [];
for (const state of await statesAt(folder, frames))
  drawn.push(await frameOf(folder, state, pane, { columns, rows }));
const title = `The screen of the run ${basename(folder)}`;
await writeFile(out, toSvg(drawn, { ...{ columns, rows, title }, secondsAFrame: 0.5, widthOf: columnsOf }));

/** The states after evenly spaced events, the last one too. */
async function statesAt(path: string, count: number): Promise<RunState[]> {
  const events = [];
  for await (const group of readEvents(join(path, 'events.jsonl'))) events.push(...group);
  if (events.length === 0) throw new Error(`no events in ${path}`);
  const wanted = new Set(
    Array.from({ length: count }, (_, i) => Math.ceil(((i + 1) * events.length) / count) - 1),
  );
  const states: RunState[] = [];
  let state = INITIAL_STATE;
  for (const [i, event] of events.entries()) {
    state = reduceRun(state, event);
    if (wanted.has(i)) states.push(state);
  }
  return states;
}

async function frameOf(
  path: string,
  state: RunState,
  shown: PaneName | undefined,
  size: { readonly columns: number; readonly rows: number },
): Promise<string> {
  const runs = [{ folder: path, title: basename(path), state }];
  return renderFrame({ ...size, runs, now: state.lastAt ?? 0, pane: shown });
}
