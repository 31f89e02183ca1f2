import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { frameOf, statesOf } from './frames.ts';
import { toSvg } from './svg.ts';

// Read when the drawing modules are loaded.
process.env['FORCE_COLOR'] = '3';
const { PANE_NAMES, columnsOf } = await import('@rewardedit/tui');

const USAGE = `npm run screens -- RUN --out FILE.svg [--frames N] [--pane NAME] [--columns N] [--rows N]

npm run screens -- --tour FOLDER

Draws the screen of \`rewardedit watch RUN\` from the events of the run: its end, or with --frames its course.

  --tour FOLDER   draw every screen except those of training, from real runs on this machine (needs tmux)
  --frames N      frames of an animation, spread evenly over the events; 1 by default: the last one
  --pane NAME     a single pane: ${PANE_NAMES.join(', ')}
  --columns N     columns of the terminal; 110 by default
  --rows N        rows of the terminal; 32 by default`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    tour: { type: 'string' },
    frames: { type: 'string', default: '1' },
    pane: { type: 'string' },
    columns: { type: 'string', default: '110' },
    rows: { type: 'string', default: '32' },
    help: { type: 'boolean', default: false },
  },
});
if (values.tour !== undefined) {
  const { makeTour } = await import('./tour.ts');
  await makeTour(values.tour);
  process.exit(0);
}
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
const states = await statesOf(folder);
const drawn: string[] = [];
for (let i = 1; i <= frames; i++) {
  const state = states[Math.ceil((i * states.length) / frames) - 1];
  drawn.push(await frameOf(folder, state, pane, { columns, rows }));
}
const title = `The screen of the run ${basename(folder)}`;
await writeFile(out, toSvg(drawn, { ...{ columns, rows, title }, secondsAFrame: 0.5, widthOf: columnsOf }));
