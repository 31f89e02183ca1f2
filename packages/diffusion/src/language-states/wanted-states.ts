import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@rewardedit/core';
import { writePng } from '@rewardedit/data';
import type { AskedStates } from '../pipelines/index.ts';
import { stateKey } from './state-key.ts';

const LIST = 'wanted.jsonl';
const PICTURES = 'pictures';

/**
 * Puts what a store lacks on its list, `wanted.jsonl`: the key, the picture as the model sees it in a PNG file of the folder `pictures`,
 * and the instruction. That is all that a program in another language needs to fill it.
 */
export interface WantedStates {
  add(asked: AskedStates): Promise<void>;
}

export async function openWantedStates(folder: string): Promise<WantedStates> {
  const path = join(folder, LIST);
  const listed = new Set<string>();
  if (existsSync(path)) {
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      const key = /"key":"([0-9a-f]{64})"/.exec(line)?.[1];
      // A line that a crash cut off is no line.
      if (key !== undefined && line.endsWith('}')) listed.add(key);
    }
  }
  let start = existsSync(path) && !(await readFile(path, 'utf8')).endsWith('\n') ? '\n' : '';
  let last: Promise<void> = Promise.resolve();
  const write = async (asked: AskedStates) => {
    const key = stateKey(asked);
    if (listed.has(key)) return;
    const { picture, instruction } = asked;
    const name = createHash('sha256').update(`${picture.width} ${picture.height}\n`).update(picture.data);
    const file = join(PICTURES, `${name.digest('hex')}.png`);
    await makeFolder(join(folder, PICTURES));
    if (!existsSync(join(folder, file))) await writePng(join(folder, file), picture);
    // In a line of its own also where a crash cut off the one before.
    await appendFile(path, `${start}${JSON.stringify({ key, picture: file, instruction })}\n`);
    start = '';
    listed.add(key);
  };
  return {
    add(asked) {
      last = last.then(
        () => write(asked),
        () => write(asked),
      );
      return last;
    },
  };
}
