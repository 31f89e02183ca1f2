import { existsSync } from 'node:fs';
import {
  tryParseJson,
  RewardEditError,
  indexLines,
  lockFile,
  writeFileAtomic,
  type LineIndex,
} from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { z } from 'zod';
import { readEarlierAnswers } from '../answers/earlier-answers.ts';
import { lineChunks } from '../files/line-chunks.ts';
import { quarantinePath } from '../answers/quarantine.ts';
import { shardFiles } from './shard-files.ts';
import { formatShard, shardOf } from './shard.ts';
import type { ShardSurvey } from './survey-shards.ts';

export type MergeSummary = {
  /** Triplets of the dataset: `judged`, `quarantined`, and those of incomplete shards. */
  readonly triplets: number;
  readonly judged: number;
  readonly quarantined: number;
};

type Source = Pick<Dataset, 'metadata' | 'triplets'>;

/**
 * Merges the answers of complete shards into the journal of the whole dataset, and their lists of set-aside triplets, in the order of the
 * dataset. The result equals what one run over the whole dataset would have written, byte for byte. Memory holds the positions of lines,
 * not the lines. The shards' files are kept. Triplets of incomplete shards are left out.
 *
 * Throws `bad-input` if no shard is complete, if one lacks an answer or has one twice or about another shard's triplet, and if an existing
 * journal of the whole dataset is another judge's or has answers that would be lost; and `failed` while another process writes that
 * journal.
 */
export async function mergeShards(dataset: Source, survey: ShardSurvey): Promise<MergeSummary> {
  const { journal } = survey;
  const completions = [...survey.complete.values()];
  const [first] = completions;
  if (first === undefined)
    throw new RewardEditError('bad-input', `none of the ${survey.of} shards is complete`, { where: journal });
  const unlock = await lockFile(journal);
  try {
    const { answered } = await readEarlierAnswers(journal, first.judge);
    const answers = mergedLines(dataset, survey, 'journal');
    await writeFileAtomic(journal, lineChunks(keeping(new Set(answered.keys()), answers, journal)));
    const aside = quarantinePath(journal);
    if (completions.some(({ quarantine }) => quarantine !== undefined) || existsSync(aside))
      await writeFileAtomic(aside, lineChunks(bytesOf(mergedLines(dataset, survey, 'quarantine'))));
  } finally {
    await unlock();
  }
  const sum = (what: 'judged' | 'quarantined') =>
    completions.reduce((total, completion) => total + completion[what], 0);
  return { triplets: first.metadata.count, judged: sum('judged'), quarantined: sum('quarantined') };
}

type IdentifiedLine = { readonly id: string; readonly bytes: Uint8Array };

const identifiedSchema = z.looseObject({ id: z.string() });

/** Yields the lines of all complete shards in the order of the dataset, then those about triplets that it no longer has. */
async function* mergedLines(
  dataset: Source,
  { journal, of, complete }: ShardSurvey,
  which: 'journal' | 'quarantine',
): AsyncGenerator<IdentifiedLine> {
  const shards = [...complete.keys()]
    .map((index) => ({ index, path: shardFiles(journal, { index, of })[which] }))
    .filter(({ path }) => existsSync(path));
  const places = new Map<string, { readonly file: LineIndex; readonly position: number }>();
  const files: LineIndex[] = [];
  try {
    for (const { index, path } of shards) {
      const file = await indexLines(path, { inBlocks: true });
      files.push(file);
      for (let position = 0; position < file.count; position++) {
        const id = idOf(await file.read(position));
        if (id === undefined) throw damaged(`line ${position + 1} of the ${which} has no id`, path);
        if (shardOf(id, of) !== index)
          throw damaged(`the triplet ${id} does not belong to shard ${formatShard({ index, of })}`, path);
        if (places.has(id)) throw damaged(`the triplet ${id} is there twice`, path);
        places.set(id, { file, position });
      }
    }
    for await (const { id } of dataset.triplets()) {
      const place = places.get(id);
      places.delete(id);
      if (place !== undefined) yield { id, bytes: await place.file.read(place.position) };
      else if (which === 'journal' && complete.has(shardOf(id, of))) {
        const shard = { index: shardOf(id, of), of };
        throw damaged(
          `shard ${formatShard(shard)} has no answer for the triplet ${id}`,
          shardFiles(journal, shard).journal,
        );
      }
    }
    for (const [id, { file, position }] of places) yield { id, bytes: await file.read(position) };
  } finally {
    for (const file of files) await file.close();
  }
}

function idOf(line: Uint8Array): string | undefined {
  return identifiedSchema.safeParse(tryParseJson(Buffer.from(line).toString('utf8'))).data?.id;
}

/** Yields the lines unchanged, and throws unless they cover all `ids`, which the file to be replaced has answers for. */
async function* keeping(
  ids: Set<string>,
  lines: AsyncIterable<IdentifiedLine>,
  journal: string,
): AsyncGenerator<Uint8Array> {
  for await (const { id, bytes } of lines) {
    ids.delete(id);
    yield bytes;
  }
  if (ids.size === 0) return;
  const [example] = ids;
  throw new RewardEditError(
    'bad-input',
    `${ids.size} answers in this journal are in no complete shard, such as the one for the triplet ${example}`,
    { where: journal, hint: 'complete the shards, or move this journal away if its answers are not wanted' },
  );
}

async function* bytesOf(lines: AsyncIterable<IdentifiedLine>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of lines) yield bytes;
}

function damaged(message: string, where: string | undefined): RewardEditError {
  return new RewardEditError('bad-input', message, {
    where,
    hint: 'remove the manifest of the shard, and run its command again',
  });
}
