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
 * Lists the states that a store lacks in its `wanted.jsonl`: the key, a PNG file in the folder `pictures` with the picture as the model
 * sees it, and the instruction. A program in any language can fill the store from it.
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
      // A line cut off by a crash does not count.
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
    // On a new line even if a crash cut off the previous one.
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
