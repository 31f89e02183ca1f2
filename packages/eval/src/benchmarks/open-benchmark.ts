import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { openSource, type OpenOptions } from '@rewardedit/data';
import type { Benchmark } from './benchmark.ts';
import { isRecordList, jsonBenchmark } from './json-records.ts';
import { isRealEdit, realEditBenchmark } from './real-edit.ts';
import { tripletBenchmark } from './triplets.ts';

/** Instruction files of published benchmarks. */
const INSTRUCTION_FILES = ['instructions.json', 'eval_instruct.json'];

/**
 * Opens a benchmark: Real-Edit's folder or instruction file, a JSON file of records, or a dataset in any format that `data
 * convert` reads.
 *
 * @throws RewardEditError 'bad-input' if it is none of these, has no items, or two items with one id.
 */
export async function openBenchmark(path: string, options: OpenOptions): Promise<Benchmark> {
  const benchmark =
    (await jsonFileBenchmark(path)) ?? (await tripletBenchmark(await openSource(path, options)));
  if (benchmark.items.length === 0) {
    const [first] = benchmark.unusable;
    throw new RewardEditError('bad-input', 'the benchmark has no items', {
      where: path,
      hint: first === undefined ? 'check the path' : `of ${first.id}: ${first.unusable}`,
    });
  }
  assertUniqueIds(benchmark, path);
  return benchmark;
}

async function jsonFileBenchmark(path: string): Promise<Benchmark | undefined> {
  const file = await instructionFile(path);
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the benchmark', path: file });
  }
  const document = parse(text, file);
  if (isRealEdit(document)) return realEditBenchmark(file, document);
  return isRecordList(document) ? jsonBenchmark(file, document) : undefined;
}

async function instructionFile(path: string): Promise<string | undefined> {
  if (path.endsWith('.json')) return path;
  for (const name of INSTRUCTION_FILES) {
    const file = join(path, name);
    if ((await stat(file).catch(() => undefined))?.isFile() === true) return file;
  }
  return undefined;
}

function parse(text: string, where: string): unknown {
  try {
    // Windows editors write a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new RewardEditError('bad-input', `this is not valid JSON: ${(cause as Error).message}`, {
      where,
      cause,
    });
  }
}

function assertUniqueIds({ items }: Benchmark, path: string): void {
  const places = new Map<string, string>();
  for (const { id, where } of items) {
    const earlier = places.get(id);
    if (earlier !== undefined) {
      throw new RewardEditError('bad-input', `two items have the id ${id}: at ${earlier} and at ${where}`, {
        where: path,
        hint: 'ids must be unique',
      });
    }
    places.set(id, where);
  }
}
