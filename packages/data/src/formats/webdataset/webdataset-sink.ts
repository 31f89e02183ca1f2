import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { PERSPECTIVES } from '@rewardedit/core';
import type { CheckedTriplet } from '../rows/checked-triplet.ts';
import { withoutKeysOf } from '../rows/values.ts';
import { restartingSink } from '../converting/restarting-sink.ts';
import { createShards, holdsOf, type ShardFile } from '../converting/shards.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import { TAR } from './webdataset-source.ts';
import type { ConversionClaim } from '../converting/work-folder.ts';

/** Length of a tar's header; the size of an entry is padded to a multiple of it. */
const BLOCK = 512;

/**
 * Writes a tar of WebDataset samples, or `train-000000.tar`, ... of about 500 MB each into a folder: `{key}.original.jpg`,
 * `{key}.edited.jpg`, `{key}.json`. Keys are numbers; ids are in the JSON. The same triplets produce the same bytes.
 */
export function createWebDataset(target: string, claim: ConversionClaim): Promise<TripletSink> {
  const place = { target, ending: TAR, digits: 6 };
  return restartingSink(target, claim, holdsOf(target, TAR), async (folder) => {
    const shards = createShards<Sample>({ ...place, folder }, openTar);
    let count = 0;
    return {
      async write(triplet) {
        await shards.write({ key: String(count).padStart(9, '0'), triplet });
        count += 1;
      },
      end: shards.end,
      abandon: shards.abandon,
    };
  });
}

/** Numbers that may have a fraction in other triplets. Readers that infer types would take 5 for an integer. */
const REAL_NUMBERS = new Set<string>([...PERSPECTIVES, 'degree']);

/** Writes these numbers with a decimal point. */
function asReal(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || !REAL_NUMBERS.has(key) || !Number.isInteger(value)) return value;
  return rawJson(`${value}.0`);
}

const { rawJSON: rawJson } = JSON as unknown as { rawJSON: (text: string) => unknown };

type Sample = { readonly key: string; readonly triplet: CheckedTriplet };

function openTar(path: string): ShardFile<Sample> {
  const tar = pack();
  const written = pipeline(tar, createWriteStream(path));
  // Writing to the tar or ending it throws a failure; until then it must not end the process.
  written.catch(() => undefined);
  let size = 0;
  const add = async (name: string, bytes: Uint8Array) => {
    const header = { name, size: bytes.length, mode: 0o644, mtime: new Date(0) };
    try {
      await new Promise<void>((resolve, reject) => {
        const entry = tar.entry(header, bytes, (error) => (error ? reject(error) : resolve()));
        // The callback gets the error too, but without a listener it would end the process.
        entry.on('error', reject);
      });
    } catch (error) {
      // The file's stream knows why it failed, the entry only that it did.
      await written;
      throw error;
    }
    size += BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK;
  };
  return {
    async write({ key, triplet: { record, extra, pictures } }) {
      for (const [role, { bytes, format }] of Object.entries(pictures))
        await add(`${key}.${role}${format.extension}`, bytes);
      const facts = { ...record, ...withoutKeysOf(record, extra) };
      await add(`${key}.json`, Buffer.from(JSON.stringify(facts, asReal)));
    },
    size: () => size,
    async end() {
      tar.finalize();
      await written;
    },
    async abandon() {
      tar.destroy();
      await written.catch(() => undefined);
    },
  };
}
