import { existsSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { hasEnding } from '../dataset/has-ending.ts';
import type { ChosenColumns } from './rows/columns.ts';
import { foreignFile, notReadBeside } from './foreign-files.ts';
import { insideHubFolder } from './hub-folder.ts';
import { createImageFolder } from './image-folder/image-folder-sink.ts';
import { METADATA_FILES, hasMetadata } from './image-folder/metadata-files.ts';
import { PROMPT_FILE } from './instruct-pix2pix/instruct-pix2pix-folder.ts';
import { createInstructPix2Pix } from './instruct-pix2pix/instruct-pix2pix-sink.ts';
import { SEEDS_FILE, instructPix2PixSource } from './instruct-pix2pix/instruct-pix2pix-source.ts';
import { createJsonLines } from './json/json-lines-sink.ts';
import { jsonFormOf } from './json/json-form.ts';
import { TABLES } from './json/csv-rows.ts';
import { imageFolderSource, jsonSource } from './json/json-source.ts';
import { listRowFiles } from './json/row-files.ts';
import { createParquet } from './parquet/parquet-sink.ts';
import { PARQUET, isRemote, parquetSource } from './parquet/parquet-source.ts';
import type { OpenRemote } from './pictures/remote-pictures.ts';
import { createRewardEdit20k, rewardEdit20kSource } from './reward-edit-20k/reward-edit-20k.ts';
import { hasShards } from './converting/shards.ts';
import { listSplitFolders } from './rows/splits.ts';
import type { TripletSource } from './rows/source-triplet.ts';
import type { TripletSink } from './converting/triplet-sink.ts';
import { createWebDataset } from './webdataset/webdataset-sink.ts';
import { TAR, TARS, webDatasetSource } from './webdataset/webdataset-source.ts';
import type { ConversionClaim } from './converting/work-folder.ts';
import { unpackZip } from './zip/unpack-zip.ts';
import { ZIP, zipSource } from './zip/zip-source.ts';

export const FORMAT_NAMES = [
  'imagefolder',
  'jsonl',
  'instruct-pix2pix',
  'parquet',
  'webdataset',
  'rewardedit-20k',
] as const;

export type FormatName = (typeof FORMAT_NAMES)[number];

export type OpenOptions = {
  readonly columns: ChosenColumns;
  /** The folder of pictures, where the file has none. */
  readonly images?: string | undefined;
  /** Gives a remote picture. */
  readonly fetch: (url: string) => Promise<Uint8Array>;
  /** Opens a remote file that is read in parts; none is where this is absent. */
  readonly openRemote?: OpenRemote | undefined;
};

type Format = {
  /** What is of this format, in words. */
  readonly looksLike: string;
  /** Whether a path looks like this format. */
  readonly detect: (path: string) => boolean | Promise<boolean>;
  readonly open: (path: string, options: OpenOptions) => TripletSource;
  /** Makes a dataset of this format. */
  readonly create: (target: string, claim: ConversionClaim) => Promise<TripletSink>;
};

/** Every format; what a path is, the first that recognises it says. */
const FORMATS: Readonly<Record<FormatName, Format>> = {
  imagefolder: {
    looksLike: `a folder with ${METADATA_FILES.join(' or ')}, or of such folders; or a .csv or .tsv file`,
    detect: async (path) =>
      hasEnding(path, ...TABLES) ||
      hasMetadata(path) ||
      (isFolder(path) && (await listSplitFolders(path, METADATA_FILES)).length > 0),
    open: imageFolderSource,
    create: createImageFolder,
  },
  jsonl: {
    looksLike: 'a file of JSON objects (one a line, in a list, or by their ids), or a folder of them',
    detect: async (path) =>
      hasEnding(path, '.jsonl') || (isJson(path) && (await jsonFormOf(path)) !== 'object'),
    open: jsonSource,
    create: createJsonLines,
  },
  'instruct-pix2pix': {
    looksLike: `a folder with ${SEEDS_FILE}, or of folders with ${PROMPT_FILE}`,
    detect: async (path) => existsSync(join(path, SEEDS_FILE)) || (await hasPromptFolder(path)),
    open: instructPix2PixSource,
    create: createInstructPix2Pix,
  },
  parquet: {
    looksLike: 'a .parquet file, or a folder of them',
    detect: (path) => hasShards(path, [PARQUET]),
    open: parquetSource,
    create: createParquet,
  },
  webdataset: {
    looksLike: 'a .tar, .tar.gz or .tgz file, or a folder of them',
    detect: (path) => hasShards(path, TARS),
    open: webDatasetSource,
    create: createWebDataset,
  },
  'rewardedit-20k': {
    looksLike: 'a .json file of one object, from folders to lists of scores',
    detect: isJson,
    open: rewardEdit20kSource,
    create: createRewardEdit20k,
  },
};

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}

function isJson(path: string): boolean {
  return hasEnding(path, '.json') && !isFolder(path);
}

async function hasPromptFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => []);
  return names.slice(0, 20).some((name) => existsSync(join(path, name, PROMPT_FILE)));
}

/** Opens a dataset of the format named, or of the one that the path looks like. Throws 'bad-input' where it looks like none. */
export async function openSource(
  path: string,
  options: OpenOptions & { readonly format?: FormatName | undefined },
): Promise<TripletSource> {
  if (isRemote(path)) return openRemote(path, options);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new RewardEditError('bad-input', 'there is nothing of this name', {
      where: path,
      hint: 'give the path of a folder or of a file',
    });
  }
  const inside = await insideHubFolder(path);
  if (!ZIP.test(inside) || isFolder(inside)) return openPath(inside, options);
  const unpacked = await unpackZip(inside);
  try {
    return zipSource(await openPath(unpacked.path, options), unpacked, path);
  } catch (error) {
    await unpacked.close();
    throw error;
  }
}

async function openPath(
  path: string,
  options: OpenOptions & { readonly format?: FormatName | undefined },
): Promise<TripletSource> {
  const format = options.format ?? (await detectFormat(path));
  const source = FORMATS[format].open(path, options);
  if (!isFolder(path)) return source;
  const unread = await notReadBeside(path, format);
  return { ...source, notes: () => [...source.notes(), ...unread] };
}

/** A file on another host: of parquet, a part can be asked for. */
function openRemote(url: string, options: OpenOptions): TripletSource {
  if (hasEnding(URL.parse(url)?.pathname ?? '', PARQUET)) return parquetSource(url, options);
  throw new RewardEditError('bad-input', 'of other hosts, only parquet files are read', {
    where: url,
    hint: 'download the dataset first',
  });
}

async function detectFormat(path: string): Promise<FormatName> {
  for (const name of FORMAT_NAMES) if (await FORMATS[name].detect(path)) return name;
  // Last, since other formats have files of JSON beside theirs.
  if ((await listRowFiles(path)).length > 0) return 'jsonl';
  const foreign = foreignFile(path);
  if (foreign !== undefined) {
    throw new RewardEditError('bad-input', foreign.what, {
      where: path,
      hint: foreign.remedy,
    });
  }
  throw new RewardEditError('bad-input', 'this is no dataset of a format that is known', {
    where: path,
    hint: `name one with --from: ${FORMAT_NAMES.map((name) => `${name} (${FORMATS[name].looksLike})`).join('; ')}`,
  });
}

/** So many rows are looked at to explain a dataset. */
const EXPLAINED_ROWS = 100;

/** Says how a dataset is read, from its first rows: the format, what became of which column, and why rows are no triplets. Reads no picture. */
export async function explainSource(source: TripletSource): Promise<readonly string[]> {
  const unusable: string[] = [];
  let rows = 0;
  for await (const row of source.rows()) {
    rows += 1;
    if ('unusable' in row) unusable.push(`${row.where}: ${row.unusable}`);
    if (rows === EXPLAINED_ROWS) break;
  }
  const format = FORMAT_NAMES.find((name) => name === source.format);
  return [
    `format ${source.format}${format === undefined ? '' : `: ${FORMATS[format].looksLike}`}`,
    ...(source.explain?.() ?? []),
    ...source.notes(),
    `of the first ${rows} rows, ${rows - unusable.length} are triplets`,
    ...unusable.slice(0, 3),
  ];
}

/** Begins a dataset of a format. Throws 'bad-input' where there is something already, 'failed' while another process is at it. */
export function createTarget(
  target: string,
  format: FormatName,
  claim: ConversionClaim,
): Promise<TripletSink> {
  return FORMATS[format].create(target, claim);
}

const ENDINGS: readonly (readonly [string, FormatName])[] = [
  ['.jsonl', 'jsonl'],
  [PARQUET, 'parquet'],
  [TAR, 'webdataset'],
  ['.json', 'rewardedit-20k'],
];

/** Names of files that people have datasets in, and that are not written. */
const NOT_WRITTEN = /\.(?:zip|tgz|gz|csv|tsv|arrow|7z|rar)$/i;

/** The format that a target's name asks for: a folder is an ImageFolder. Throws 'usage' for the name of a file that is not written. */
export function formatOfTarget(target: string): FormatName {
  const ending = NOT_WRITTEN.exec(target)?.[0];
  if (ending !== undefined) {
    throw new RewardEditError('usage', `files that end with ${ending} are not written`, {
      where: target,
      hint: `name a folder, or a file that ends with ${ENDINGS.map(([known]) => known).join(', ')}; or say what to make with --to`,
    });
  }
  return ENDINGS.find(([known]) => hasEnding(target, known))?.[1] ?? 'imagefolder';
}
