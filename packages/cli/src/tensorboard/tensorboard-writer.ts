import { appendFile, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { PERSPECTIVES, describeEvent, fromSystemError, makeFolder, type RunEvent } from '@rewardedit/core';
import { readPicture } from '@rewardedit/data';
import { summaryRecord, versionRecord, type SummaryValue } from './records.ts';

/** TensorBoard takes a file for one of events by this part of its name. */
const NAME = 'tfevents';
/** A larger picture is not copied into the file. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Begins an event file for TensorBoard in a folder. Gives a function that is told of the events of a run: it writes behind the back of the
 * work. A disk that takes nothing is told of once on stderr, and ends nothing. Throws where the folder cannot be made.
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
        if (!isTroubled) process.stderr.write(`Warning: ${error.message} (${path}); the work goes on\n`);
        isTroubled = true;
      });
  };
}

type Values = {
  readonly [Type in RunEvent['type']]?: (
    event: Extract<RunEvent, { type: Type }>,
  ) => SummaryValue[] | Promise<SummaryValue[]>;
};

/** What is written of an event; of the others nothing is. */
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
