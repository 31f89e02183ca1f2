import { appendFile, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PERSPECTIVES, describeEvent, fromSystemError, makeFolder, type RunEvent } from '@rewardedit/core';
import { readPicture } from '@rewardedit/data';
import { summaryRecord, versionRecord, type SummaryValue } from './records.ts';

/** TensorBoard recognizes event files by this part of their name. */
const NAME = 'tfevents';
/** Larger pictures are not copied into the file. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Creates an event file for TensorBoard in a folder, and returns a function that receives the events of a run and writes in the background.
 * A failed write is reported once on stderr, and does not stop the work. Throws if the file cannot be created.
 */
export async function openTensorBoard(folder: string): Promise<(event: RunEvent) => void> {
  await makeFolder(folder);
  const path = join(
    folder,
    `events.out.${NAME}.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}`,
  );
  await appendFile(path, versionRecord(Date.now() / 1000)).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'write for TensorBoard', path });
  });
  let last: Promise<void> = Promise.resolve();
  let isTroubled = false;
  let step = 0;
  const write = async (event: RunEvent, at: number) => {
    const valuesOf = VALUES[event.type] as ((event: RunEvent) => Promise<SummaryValue[]>) | undefined;
    const values = (await valuesOf?.(event)) ?? [];
    if (values.length > 0) await appendFile(path, summaryRecord(Date.parse(event.time) / 1000, at, values));
  };
  return (event) => {
    if ('step' in event && event.step !== undefined) step = event.step;
    else if ('done' in event && event.done !== undefined) step = event.done;
    const at = step;
    last = last
      .then(() => write(event, at))
      .catch((error: Error) => {
        if (!isTroubled) process.stderr.write(`Warning: ${error.message} (${path}); the work continues\n`);
        isTroubled = true;
      });
  };
}

type Values = {
  readonly [Type in RunEvent['type']]?: (
    event: Extract<RunEvent, { type: Type }>,
  ) => SummaryValue[] | Promise<SummaryValue[]>;
};

/** What to write for each type of event; nothing for other types. */
const VALUES: Values = {
  step: ({ metrics, seconds }) =>
    Object.entries({ ...metrics, seconds }).flatMap(([name, scalar]) => scalarOf(`train/${name}`, scalar)),
  metric: ({ name, value }) => scalarOf(name, value),
  heartbeat: ({ resident, processors }) => [
    ...scalarOf('system/memory', resident),
    ...scalarOf('system/processors', processors),
  ],
  judged: ({ reward }) => PERSPECTIVES.flatMap((name) => scalarOf(`scores/${name}`, reward.scores[name])),
  spending: ({ dollars }) => scalarOf('spending/dollars', dollars),
  sample: ({ path }) => pictureOf(path),
  warning: (event) => [{ tag: 'warning', text: describeEvent(event) }],
  log: (event) => [{ tag: 'log', text: describeEvent(event) }],
};

function scalarOf(tag: string, scalar: number | undefined): SummaryValue[] {
  return scalar === undefined ? [] : [{ tag, scalar }];
}

async function pictureOf(path: string): Promise<SummaryValue[]> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) return [];
  const { width, height } = await readPicture(path);
  return [{ tag: 'samples', png: await readFile(path), width, height }];
}
