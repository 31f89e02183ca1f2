import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import sharp, { type OutputInfo } from 'sharp';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import type { Cutout } from './cutout.ts';

/** The decoded objects of a folder, and the files set aside with reasons. */
export type CutoutSource = {
  readonly cutouts: readonly Cutout[];
  readonly setAside: readonly { readonly file: string; readonly reason: string }[];
  /** Identifies the objects by their names and pixels. */
  readonly digest: string;
};

const OBJECT_FILE = /\.(?:png|webp)$/i;
/** Maps file names without extension to names of objects; beside the files or in the folder itself. */
const NAMES_FILE = 'names.json';
const LARGEST_SIDE = 256;
/** A longer name is a sentence. */
const MOST_WORDS = 4;
/** A cut-out covers at least this share of its box and leaves at least as much free; otherwise it is a line or not a cut-out. */
const LEAST_SHARE = 0.05;

export const WHERE_OBJECTS_ARE =
  'objects are .png or .webp files with transparency: your own, those of the Debian package tuxpaint-stamps-default, ' +
  'or of the npm package @lobehub/fluent-emoji-3d';

/**
 * Reads all cut-out objects of a folder and its subfolders: PNG and WebP files with transparency. The name of an object comes from the first
 * of these: `names.json` beside it (`{"file name without extension": "red apple"}`; for files named after the code points of an emoji, the
 * key may be the emoji and the value an object with a `name`), the first line of a text file of the same name ("A red apple."), or the file
 * name itself (`red-apple.png`). Other files are set aside with a reason. Throws 'bad-input' if there are no objects.
 *
 * @param side largest side of a decoded object; twice the drawn size keeps it sharp.
 */
export async function openCutouts(folder: string, side: number): Promise<CutoutSource> {
  let files: string[];
  try {
    files = (await readdir(folder, { recursive: true })).filter((file) => OBJECT_FILE.test(file)).sort();
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the folder of objects', path: folder });
  }
  const cutouts: Cutout[] = [];
  const setAside: { file: string; reason: string }[] = [];
  const digest = createHash('sha256');
  const tables = new Map<string, Promise<ReadonlyMap<string, string>>>();
  for (const file of files) {
    const path = join(folder, file);
    try {
      const name = await nameOf(path, tables);
      const cutout = { name, ...(await readCutout(path, Math.min(side, LARGEST_SIDE))) };
      cutouts.push(cutout);
      digest.update(`${name}\n`).update(new Uint8Array(cutout.data.buffer));
    } catch (error) {
      if (!(error instanceof SetAside)) throw error;
      setAside.push({ file, reason: error.message });
    }
  }
  if (cutouts.length === 0) {
    const [first] = setAside;
    throw new RewardEditError(
      'bad-input',
      first === undefined
        ? 'the folder holds no object'
        : `none of the ${files.length} pictures in the folder is a cut-out object; of ${first.file}, ${first.reason}`,
      { where: folder, hint: WHERE_OBJECTS_ARE },
    );
  }
  return { cutouts, setAside, digest: digest.digest('hex').slice(0, 16) };
}

/** Why a file is not an object; never leaves this module. */
class SetAside extends Error {}

async function readCutout(path: string, side: number): Promise<Omit<Cutout, 'name'>> {
  let decoded: { data: Buffer; info: OutputInfo };
  try {
    const { hasAlpha } = await sharp(path).metadata();
    if (!hasAlpha) throw new SetAside('the picture has no transparency');
    // Trimmed first, so that the object fills the side.
    const trimmed = await sharp(path)
      .toColourspace('srgb')
      .ensureAlpha()
      .trim({ background: { r: 0, g: 0, b: 0, alpha: 0 }, threshold: 8 })
      .png({ compressionLevel: 0 })
      .toBuffer();
    decoded = await sharp(trimmed)
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    if (error instanceof SetAside) throw error;
    throw new SetAside(
      `the picture cannot be decoded (${error instanceof Error ? error.message : 'unknown reason'})`,
    );
  }
  const { width, height, channels } = decoded.info;
  if (channels !== 4) throw new SetAside('the picture has no colours');
  const data = Float32Array.from(decoded.data, (value) => value / 255);
  let covered = 0;
  for (let at = 3; at < data.length; at += 4) covered += data[at];
  const share = covered / (width * height);
  if (share < LEAST_SHARE || share > 1 - LEAST_SHARE / 5)
    throw new SetAside(
      share > 0.5 ? 'nothing of the picture is transparent' : 'nearly all of the picture is transparent',
    );
  return { width, height, data };
}

async function nameOf(
  path: string,
  tables: Map<string, Promise<ReadonlyMap<string, string>>>,
): Promise<string> {
  const folder = dirname(path);
  const stem = basename(path, extname(path));
  let table = tables.get(folder);
  if (table === undefined) tables.set(folder, (table = readNames(join(folder, NAMES_FILE))));
  const named = (await table).get(stem.toLowerCase()) ?? (await firstLine(join(folder, `${stem}.txt`)));
  const name = objectName(named ?? stem.replaceAll(/[-_]+/g, ' '));
  if (name === undefined)
    throw new SetAside(`${JSON.stringify(named ?? stem)} is not a short name of an object`);
  return name;
}

async function firstLine(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  return (await readFile(path, 'utf8')).split('\n', 1)[0];
}

/**
 * Shortens "An apple, red." to "apple": no article, no quotes, nothing after the first comma. Undefined for a sentence, a text without words,
 * or a comma between adjectives ("a ripe, red tomato").
 */
export function objectName(text: string): string | undefined {
  const plain = text
    .normalize('NFC')
    .replaceAll(/["“”„]/g, '')
    .replaceAll(/(?<=^|\s)['‘]([^'‘’]*)['’](?=[\s.,;:!]|$)/g, '$1');
  const [first, rest] = [/^[^,.;:!(]*/.exec(plain)![0], /^[^,.;:!(]*,([^.;:!(]*)/.exec(plain)?.[1] ?? ''];
  const name = first.trim().replace(ARTICLE, '');
  const words = name.split(/\s+/);
  if (words.length > MOST_WORDS || !/^\p{L}[\p{L}\d' -]*$/u.test(name)) return undefined;
  if (FUNCTION_WORD.test(name) && words.length > 3) return undefined;
  if (NO_THING.test(name)) return undefined;
  if (words.length === 1 && /\S\s+\S/.test(rest) && !FUNCTION_WORD.test(rest)) return undefined;
  // After an article, or before another capital, a capital belongs to the name.
  const isOwn = ARTICLE.test(first.trim()) || words.slice(1).some((word) => /^\p{Lu}/u.test(word));
  return isOwn
    ? words.join(' ')
    : words.join(' ').replace(/^\p{Lu}(?=\p{Ll})/u, (letter) => letter.toLowerCase());
}

/** First words that state a number or address somebody: an instruction cannot put "a" or "the" before them. */
const NO_THING = /^(?:some|many|two|three|several)\b|\b(?:your|my|this|that)\b/i;

const ARTICLE = /^(?:an?|the) /i;
const FUNCTION_WORD = /\b(?:of|in|on|is|are|with|from|and)\b/i;

/** Reads `names.json`. Keys that are emoji become their code points, as in file names. */
async function readNames(path: string): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(path)) return new Map();
  let table: unknown;
  try {
    table = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the names of the objects are not valid JSON', {
      where: path,
      cause,
    });
  }
  const names = new Map<string, string>();
  for (const [key, value] of Object.entries(table ?? {})) {
    const name: unknown = typeof value === 'object' && value !== null && 'name' in value ? value.name : value;
    if (typeof name !== 'string') continue;
    names.set(key.toLowerCase(), name);
    const points = Array.from(key, (character) => character.codePointAt(0)!.toString(16).padStart(4, '0'));
    if (/^\P{ASCII}/u.test(key)) names.set(points.join('-'), name);
  }
  return names;
}
