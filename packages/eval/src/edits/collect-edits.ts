import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  RewardEditError,
  lockFile,
  makeFolder,
  openJournal,
  writeFileAtomic,
  type Emit,
  type Journal,
  type RunRequests,
  type SavePreview,
  type Triplet,
} from '@rewardedit/core';
import type { EditHooks } from '@rewardedit/diffusion';
import { METADATA_FILE, openDataset, pictureFormat, toMetadataRow } from '@rewardedit/data';
import type { Benchmark, BenchmarkItem } from '../benchmarks/benchmark.ts';
import type { Candidate } from './candidate.ts';
import { writeMissingEdits, type MissingEdit } from './missing-edits.ts';

export interface CollectOptions {
  readonly benchmark: Benchmark;
  readonly candidate: Candidate;
  /** The run folder: it becomes a dataset, which can be judged, reviewed and inspected like any other. */
  readonly folder: string;
  /** The file name of an item's edited picture, without ending; by default the number of the item. */
  readonly nameOf?: ((item: BenchmarkItem) => string) | undefined;
  /** Receives every edit, every missing one with the reason, and the sampler steps of a model. */
  readonly emit?: Emit;
  /** Stores previews of unfinished edits. */
  readonly savePreview?: SavePreview;
  /** May pause it between two edits, and between two steps of one. */
  readonly whilePaused?: RunRequests['whilePaused'];
  /** Stops after the batch in flight, with an 'interrupted' error. */
  readonly signal?: AbortSignal;
}

export interface CollectedEdits {
  readonly edits: number;
  readonly missing: readonly MissingEdit[];
}

/**
 * Makes the edit of every item, or takes it from a folder, and writes a dataset of them: originals and true edits under their
 * hashes, so that edits of one photo share its file; edited pictures under the number of their item. A line of metadata is
 * written after its pictures: after `kill -9` at any moment the same call resumes, and makes no edit twice.
 *
 * @throws RewardEditError 'bad-input' if an edit in the folder has changed since it was taken; 'interrupted' on `signal`.
 */
export async function collectEdits(options: CollectOptions): Promise<CollectedEdits> {
  const { benchmark, candidate, folder, emit = () => undefined, savePreview, whilePaused, signal } = options;
  const { nameOf } = options;
  const { items, unusable } = benchmark;
  await makeFolder(folder);
  const metadata = join(folder, METADATA_FILE);
  const unlock = await lockFile(metadata);
  try {
    const kept = await keptEdits(folder);
    const journal = await openJournal(metadata);
    const missing: MissingEdit[] = unusable.map(({ id, unusable: reason }) => ({ id, reason }));
    const names = new Map(items.map((item, number) => [item.id, nameOf?.(item) ?? numbered(number)]));
    const wanted = candidate.mayChange ? items : items.filter(({ id }) => !kept.has(id));
    let done = items.length - wanted.length;
    emit({ type: 'progress', done, before: done });
    for (const { id, reason } of missing) emit({ type: 'quarantined', id, reason });
    try {
      for (let start = 0; start < wanted.length; start += candidate.batchSize) {
        await whilePaused?.(signal);
        if (signal?.aborted === true) throw stopped(done, items.length, folder);
        const batch = wanted.slice(start, start + candidate.batchSize);
        const found = await editBatch(batch, candidate, folder, {
          emit,
          savePreview,
          ...(whilePaused && { whilePaused }),
          ...(signal && { signal }),
        });
        for (const [i, item] of batch.entries()) {
          const reason = await keepEdit(found[i], item, names.get(item.id)!, { folder, kept, journal });
          done += 1;
          const { id, instruction, kind } = item;
          if (reason === undefined) emit({ type: 'edited', id, path: kept.get(id), instruction, done });
          else {
            missing.push({ id, kind, reason });
            emit({ type: 'quarantined', id, reason, done });
          }
        }
      }
    } finally {
      await journal.close();
    }
    await writeMissingEdits(folder, missing);
    return { edits: items.length + unusable.length - missing.length, missing };
  } finally {
    await unlock();
  }
}

/** The result of an item: its edit with the original's name in the dataset, or why it is missing. */
type Found = { readonly missing: string } | { readonly bytes: Uint8Array; readonly original: string };

/** Stores the originals of a batch and has them edited. */
async function editBatch(
  batch: readonly BenchmarkItem[],
  candidate: Candidate,
  folder: string,
  hooks: EditHooks,
): Promise<Found[]> {
  const originals = await Promise.all(
    batch.map(async (item) =>
      unlessBadInput(async () => storeByHash(folder, 'originals', await item.original())),
    ),
  );
  const tasks = batch.flatMap((item, i) => {
    const original = originals[i];
    return typeof original === 'string' ? [{ item, original: join(folder, original) }] : [];
  });
  const edits = tasks.length === 0 ? [] : await candidate.edit(tasks, hooks);
  const editOf = new Map(tasks.map(({ item }, i) => [item.id, edits[i]]));
  return batch.map(({ id }, i) => {
    const original = originals[i];
    if (typeof original !== 'string') return original;
    const edit = editOf.get(id)!;
    return 'missing' in edit ? edit : { ...edit, original };
  });
}

/** Turns an error in one item's data into a reason; every other error ends the run. */
async function unlessBadInput<Result>(work: () => Promise<Result>): Promise<Result | { missing: string }> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RewardEditError && error.code === 'bad-input') return { missing: error.message };
    throw error;
  }
}

interface Store {
  readonly folder: string;
  /** Edited pictures of the items in the dataset, by id. */
  readonly kept: Map<string, string>;
  readonly journal: Journal;
}

/** Adds an edit to the dataset; resolves to the reason if it cannot. */
async function keepEdit(
  found: Found,
  item: BenchmarkItem,
  name: string,
  { folder, kept, journal }: Store,
): Promise<string | undefined> {
  if ('missing' in found) return found.missing;
  const keptFile = kept.get(item.id);
  if (keptFile !== undefined) {
    await assertUnchanged(join(folder, keptFile), found.bytes, item);
    return undefined;
  }
  const ending = pictureFormat(found.bytes)?.extension;
  if (ending === undefined) return 'the file is not a picture in a known format';
  const truth = await unlessBadInput(
    async () => item.truth && storeByHash(folder, 'truths', await item.truth()),
  );
  if (typeof truth === 'object') return truth.missing;
  const edited = `edits/${name}${ending}`;
  await store(join(folder, edited), found.bytes);
  const { id, instruction, kind } = item;
  const triplet: Triplet = {
    ...{ id, instruction, original: found.original, edited },
    ...(truth !== undefined && { truth }),
    ...(kind !== undefined && { kind }),
  };
  await journal.append(toMetadataRow(triplet));
  kept.set(id, edited);
  return undefined;
}

/** Names pictures in folders of a thousand. */
function numbered(number: number): string {
  const digits = String(number).padStart(6, '0');
  return `${digits.slice(0, 3)}/${digits}`;
}

async function keptEdits(folder: string): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  if (!existsSync(join(folder, METADATA_FILE))) return kept;
  for await (const { id, edited } of (await openDataset(folder)).triplets()) kept.set(id, edited);
  return kept;
}

async function assertUnchanged(path: string, bytes: Uint8Array, { id }: BenchmarkItem): Promise<void> {
  if (Buffer.compare(await readFile(path), bytes) === 0) return;
  throw new RewardEditError('bad-input', `the edit of ${id} has changed since this run began`, {
    where: path,
    hint: 'start a new run with another --out',
  });
}

/** Stores a picture once, under its hash; resolves to its name in the dataset. */
async function storeByHash(folder: string, subfolder: string, bytes: Uint8Array): Promise<string> {
  const format = pictureFormat(bytes);
  if (format === undefined) {
    throw new RewardEditError('bad-input', `the picture in ${subfolder} is not in a known format`);
  }
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  const name = `${subfolder}/${hash}${format.extension}`;
  if (!existsSync(join(folder, name))) await store(join(folder, name), bytes);
  return name;
}

async function store(path: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  await writeFileAtomic(path, bytes);
}

function stopped(done: number, total: number, folder: string): RewardEditError {
  return new RewardEditError('interrupted', `stopped after ${done} of ${total} edits; they are kept`, {
    where: folder,
    hint: 'the same command resumes from there',
  });
}
