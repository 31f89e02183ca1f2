import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { HIGHEST_SCORE, PERSPECTIVES, RewardEditError, type Reward } from '@rewardedit/core';
import { z } from 'zod';
import { readPromptFolder, seedTriplet, seedsIn } from '../instruct-pix2pix/instruct-pix2pix-folder.ts';
import { readJsonElements } from '../json/json-elements.ts';
import { restartingSink } from '../converting/restarting-sink.ts';
import type { SourceRow, TripletSource } from '../rows/source-triplet.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import type { ConversionClaim } from '../converting/work-folder.ts';

/** Key of the feedback in the published file. */
const FEEDBACK_KEY = 'Negative Prompt';

const scoreSchema = z.union([
  z.number(),
  z
    .string()
    .regex(/^\s*\d+(?:\.\d+)?\s*$/)
    .transform(Number),
]);

const judgedSchema = z.object({
  Score: scoreSchema.pipe(z.number().min(0).max(HIGHEST_SCORE)),
  [FEEDBACK_KEY]: z.string(),
});

/** The file does not name the perspectives: they are in the order of PERSPECTIVES, following, preserving, quality. */
const entrySchema = z.array(judgedSchema).length(PERSPECTIVES.length);

/**
 * Opens the published `RewardEdit_20K.json`, `{"folder": [{"Score", "Negative Prompt"} x 3]}`, together with InstructPix2Pix's folders below
 * `images`. Rewards are by folder, not by seed: of several seeds in a folder, the lowest one with an original is used.
 *
 * Throws 'usage' without `images`.
 */
export function rewardEdit20kSource(
  path: string,
  { images }: { readonly images?: string | undefined },
): TripletSource {
  if (images === undefined) {
    throw new RewardEditError('usage', 'this file has only rewards, no pictures', {
      where: path,
      hint: "name the folder that contains InstructPix2Pix's folders: --images FOLDER",
    });
  }
  let severalSeeds = 0;
  return {
    format: 'rewardedit-20k',
    async *rows() {
      severalSeeds = 0;
      for await (const { key, value, index } of readJsonElements(path)) {
        const where = `${path}, element ${index + 1}`;
        if (key === undefined) {
          throw new RewardEditError('bad-input', 'not an object with a list of scores for each folder', {
            where: path,
          });
        }
        const row = await rewardedRow(images, { name: key, value, where });
        if ('several' in row && row.several) severalSeeds += 1;
        yield row.row;
      }
    },
    notes: () => [
      `each list of three is read as ${PERSPECTIVES.join(', ')}`,
      ...(severalSeeds > 0 ? [`${severalSeeds} folders have several seeds: the lowest one was used`] : []),
    ],
  };
}

async function rewardedRow(
  images: string,
  { name, value, where }: { name: string; value: unknown; where: string },
): Promise<{ row: SourceRow; several: boolean }> {
  const unusable = (reason: string) => ({ row: { id: name, where, unusable: reason }, several: false });
  const entry = entrySchema.safeParse(value);
  if (!entry.success) {
    const { path, message } = entry.error.issues[0];
    const [position, field] = path;
    const perspective = typeof position === 'number' ? `${PERSPECTIVES[position]} ` : '';
    return unusable(
      `its list of scores is wrong: ${perspective}${field === undefined ? '' : `${String(field)}: `}${message}`,
    );
  }
  try {
    const prompts = await readPromptFolder(images, name, where);
    const seeds = seedsIn(prompts, '0');
    if (seeds.length === 0) return unusable(`its folder has no original ({seed}_0.jpg) in ${prompts.folder}`);
    const row = seedTriplet(prompts, { id: `${name}/${seeds[0]}`, seed: seeds[0] });
    if ('unusable' in row) return { row, several: false };
    return {
      row: { ...row, where, record: { ...row.record, reward: toReward(entry.data) } },
      several: seeds.length > 1,
    };
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    return unusable(`${error.message} (${error.where ?? name})`);
  }
}

function toReward(entry: z.infer<typeof entrySchema>): Reward {
  const reward: Reward = { scores: {}, feedback: {} };
  for (const [i, perspective] of PERSPECTIVES.entries()) {
    const { Score: score, [FEEDBACK_KEY]: text } = entry[i];
    reward.scores[perspective] = score;
    // The format has an empty text if there is no feedback.
    if (text !== '') reward.feedback[perspective] = text;
  }
  return reward;
}

/**
 * Writes rewards as `RewardEdit_20K.json`: for each triplet an entry under InstructPix2Pix's folder, which is its id without the seed. A
 * triplet that lacks a score, which the file cannot leave out, is set aside, and so is the second triplet of a folder.
 */
export function createRewardEdit20k(target: string, claim: ConversionClaim): Promise<TripletSink> {
  return restartingSink(target, claim, 'file', async (folder) => {
    const file = await open(join(folder, basename(target)), 'w');
    const names = new Set<string>();
    await file.writeFile('{');
    return {
      refuses({ record: { id, reward } }) {
        const missing = PERSPECTIVES.filter((name) => reward?.scores[name] === undefined);
        if (missing.length > 0)
          return `it has no score for ${missing.join(', ')}, and the format requires all of them`;
        return names.has(folderOf(id))
          ? `there already is an entry for the folder ${folderOf(id)}`
          : undefined;
      },
      async write({ record: { id, reward } }) {
        const name = folderOf(id);
        const entry = PERSPECTIVES.map((perspective) => ({
          Score: reward?.scores[perspective],
          [FEEDBACK_KEY]: reward?.feedback[perspective] ?? '',
        }));
        await file.writeFile(
          `${names.size === 0 ? '' : ','}\n${JSON.stringify(name)}: ${JSON.stringify(entry)}`,
        );
        names.add(name);
      },
      async end() {
        await file.writeFile('\n}\n');
        await file.close();
      },
      abandon: () => file.close(),
      notes: () => [
        'the file has only rewards: no instructions and no pictures',
        `each list of three is ${PERSPECTIVES.join(', ')}`,
      ],
    };
  });
}

function folderOf(id: string): string {
  return /^(.+)\/\d+$/s.exec(id)?.[1] ?? id;
}
