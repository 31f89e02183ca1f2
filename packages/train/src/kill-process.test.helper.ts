import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { State } from '@rewardedit/graph';
import { createTokenizer, trainTokenizer } from '@rewardedit/models';
import { saveCheckpoint } from './checkpoint.ts';
import type { TripletRecord } from './dataset-record.ts';
import { defaultsFor } from './defaults.ts';
import { openTrainedModel } from './model.ts';
import { hasBegun, replaceDatasetRecord, writeRunInputs } from './run-inputs.ts';
import { writeTrainedModel } from './write-model.ts';

const SELF = fileURLToPath(import.meta.url);

export const ENTRIES = ['first', 'second', 'third'];

/** A state that is told apart by its values: all of them are the step's number. */
export function stateOf(step: number): State {
  const specs = Object.fromEntries(ENTRIES.map((name) => [name, { shape: [500], dtype: 'f32' as const }]));
  return {
    specs,
    released: new Set(),
    read: async () => new Float32Array(500).fill(step),
    write: async () => undefined,
    release: async () => undefined,
    dispose: async () => undefined,
  };
}

export const recordOf = (instruction: string): TripletRecord[] =>
  ['a', 'b', 'c'].map((id) => ({ id, instruction, original: [1], edited: [2] }));

export const tokenizer = () => createTokenizer(trainTokenizer(['make it red'], { merges: 4, maxLength: 32 }));

async function smallModel() {
  const config = { ...defaultsFor('scenes'), stage: 1 as const, loraAlpha: 1 };
  return openTrainedModel(config, { texts: [], recorded: tokenizer() });
}

/** What is written, by name; each once, and once more over what is there. */
const TASKS = {
  checkpoint: (folder: string) =>
    saveCheckpoint(folder, { step: 1_000_010, skipped: 0 }, stateOf(1_000_010), { names: ENTRIES, keep: 1 }),
  model: async (folder: string) => {
    const trained = await smallModel();
    const weights = new Map<string, Float32Array>();
    await trained.initialize(async (name, values) => void weights.set(name, values as Float32Array));
    await writeTrainedModel(join(folder, 'model'), trained, async (name) => weights.get(name)!);
  },
  inputs: async (folder: string) => {
    if (hasBegun(folder)) return;
    await writeRunInputs(folder, { tokenizer: tokenizer(), record: recordOf('before'), frozen: 'f' });
  },
  'dataset record': (folder: string) => replaceDatasetRecord(folder, recordOf('after')),
};

export type TaskName = keyof typeof TASKS;

/** Does a task in a process of its own, which is killed before its file operation number `dieAt`; whether it was. */
export function killedAt(task: TaskName, folder: string, dieAt: number): Promise<boolean> {
  const child = spawn(process.execPath, [SELF, task, folder, String(dieAt)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(`${task} ended with ${code ?? signal}`));
    });
  });
}

/** Has the process die before the file operation of this number, of all that change something. */
async function dieBefore(dieAt: number): Promise<void> {
  let operations = 0;
  const counted = (owner: object, names: readonly string[]) => {
    const methods = owner as Record<string, (...values: unknown[]) => unknown>;
    for (const name of names) {
      const original = methods[name];
      methods[name] = function (this: unknown, ...values) {
        operations += 1;
        if (operations === dieAt) process.kill(process.pid, 'SIGKILL');
        return original.apply(this, values);
      };
    }
  };
  const handle = await fs.open(SELF, 'r');
  const prototype = Object.getPrototypeOf(handle) as object;
  await handle.close();
  counted(prototype, ['write', 'writeFile', 'sync', 'datasync', 'close']);
  counted(fs, ['mkdir', 'open', 'rename', 'rm', 'unlink', 'writeFile', 'truncate']);
  syncBuiltinESMExports();
}

if (process.argv[1] === SELF) {
  const [task, folder, dieAt] = process.argv.slice(2);
  await dieBefore(Number(dieAt));
  await TASKS[task as TaskName](folder);
}
