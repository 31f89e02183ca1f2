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
  /** Folder of the pictures, if the file has none. */
  readonly images?: string | undefined;
  /** Downloads a picture. */
  readonly fetch: (url: string) => Promise<Uint8Array>;
  /** Opens a remote file to read parts of it; without this, no remote file is read. */
  readonly openRemote?: OpenRemote | undefined;
};

type Format = {
  /** Describes the files of this format. */
  readonly looksLike: string;
  readonly detect: (path: string) => boolean | Promise<boolean>;
  readonly open: (path: string, options: OpenOptions) => TripletSource;
  readonly create: (target: string, claim: ConversionClaim) => Promise<TripletSink>;
};

/** All formats. A path has the first format that detects it. */
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
    looksLike: 'a file of JSON objects (one per line, in a list, or by their ids), or a folder of such files',
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
    looksLike: 'a .parquet file, or a folder of such files',
    detect: (path) => hasShards(path, [PARQUET]),
    open: parquetSource,
    create: createParquet,
  },
  webdataset: {
    looksLike: 'a .tar, .tar.gz or .tgz file, or a folder of such files',
    detect: (path) => hasShards(path, TARS),
    open: webDatasetSource,
    create: createWebDataset,
  },
  'rewardedit-20k': {
    looksLike: 'a .json file of one object that maps folders to lists of scores',
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

/** Opens a dataset of the given format, or of the one that is detected. Throws 'bad-input' if none is. */
export async function openSource(
  path: string,
  options: OpenOptions & { readonly format?: FormatName | undefined },
): Promise<TripletSource> {
  if (isRemote(path)) return openRemote(path, options);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new RewardEditError('bad-input', 'no such file or folder', {
      where: path,
      hint: 'check the path',
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

/** Opens a remote file. Only parts of parquet files can be requested. */
function openRemote(url: string, options: OpenOptions): TripletSource {
  if (hasEnding(URL.parse(url)?.pathname ?? '', PARQUET)) return parquetSource(url, options);
  throw new RewardEditError('bad-input', 'only parquet files are read from other hosts', {
    where: url,
    hint: 'download the dataset first',
  });
}

async function detectFormat(path: string): Promise<FormatName> {
  for (const name of FORMAT_NAMES) if (await FORMATS[name].detect(path)) return name;
  // Last, because other formats have JSON files beside theirs.
  if ((await listRowFiles(path)).length > 0) return 'jsonl';
  const foreign = foreignFile(path);
  if (foreign !== undefined) {
    throw new RewardEditError('bad-input', foreign.what, {
      where: path,
      hint: foreign.remedy,
    });
  }
  if (isFolder(path) && !(await hasFiles(path))) {
    throw new RewardEditError('bad-input', 'there are no files in this folder', { where: path });
  }
  throw new RewardEditError('bad-input', 'not a dataset of a known format', {
    where: path,
    hint: `choose one with --from: ${FORMAT_NAMES.map((name) => `${name} (${FORMATS[name].looksLike})`).join('; ')}`,
  });
}

async function hasFiles(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.some((entry) => !entry.isDirectory() && !entry.name.startsWith('.'));
}

/** How many rows are read to explain a dataset. */
const EXPLAINED_ROWS = 100;

/** Explains how a dataset is read, from its first rows: the format, what became of each column, and why rows are not triplets. Reads no pictures. */
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
    rows === 0
      ? 'there are no rows'
      : `of the first ${rows} rows, ${rows - unusable.length} are triplets (pictures were not read)`,
    ...unusable.slice(0, 3),
  ];
}

/** Starts writing a dataset. Throws 'bad-input' if the target exists already, 'failed' while another process is writing it. */
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

/** Extensions of files that datasets come in but that are not written. */
const NOT_WRITTEN = /\.(?:zip|tgz|gz|csv|tsv|arrow|7z|rar)$/i;

/** Returns the format for a target's extension, ImageFolder if it has none. Throws 'usage' for an extension that is not written. */
export function formatOfTarget(target: string): FormatName {
  const ending = NOT_WRITTEN.exec(target)?.[0];
  if (ending !== undefined) {
    throw new RewardEditError('usage', `${ending} files are not written`, {
      where: target,
      hint: `name a folder or a file with one of the extensions ${ENDINGS.map(([known]) => known).join(', ')}, or choose the format with --to`,
    });
  }
  return ENDINGS.find(([known]) => hasEnding(target, known))?.[1] ?? 'imagefolder';
}
