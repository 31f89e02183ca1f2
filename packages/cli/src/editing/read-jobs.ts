import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { outOf, seedOf, type EditJob, type JobOptions } from './edit-job.ts';

/** What is to be edited: one picture, or many into a folder. */
export type Jobs = { readonly isMany: boolean; readonly jobs: readonly EditJob[] };

/** What else lies in a folder of pictures is none. */
const PICTURE = /\.(?:png|jpe?g|webp|tiff?|gif)$/i;
/** Characters of an instruction that stand in the name of its picture. */
const SLUG = 40;

/**
 * Reads what is to be edited. In a folder every picture in it and below it is a job; a JSONL file has one a line: `picture` (relative
 * to the file), and optionally `instruction`, `seed`, `scores`, `feedback`, `id`, and `out` (relative to the folder for results).
 *
 * @throws RewardEditError 'usage' where there is no instruction; 'bad-input' for what is no job, or two of one result.
 */
export async function readJobs(options: JobOptions): Promise<Jobs> {
  const { source, instruction, seed, out } = options;
  const stats = await stat(source).catch(() => undefined);
  if (stats?.isDirectory() === true)
    return { isMany: true, jobs: await folderJobs({ ...options, instruction: await said(instruction) }) };
  if (/\.jsonl$/i.test(source)) return { isMany: true, jobs: await lineJobs(options) };
  const job = { id: source, picture: source, instruction: await said(instruction), seed, out };
  return { isMany: false, jobs: [job] };
}

async function said(instruction: string | undefined): Promise<string> {
  if (instruction !== undefined && instruction.trim() !== '') return instruction;
  const { RewardEditError } = await import('@rewardedit/core');
  const what = instruction === undefined ? 'there is no instruction' : 'the instruction is empty';
  throw new RewardEditError('usage', what, {
    where: 'INSTRUCTION',
    hint: 'say what to do with the picture, such as "make it snowy"',
  });
}

async function folderJobs({
  source,
  instruction,
  seed,
  out,
  ending,
}: JobOptions & { readonly instruction: string }): Promise<EditJob[]> {
  const { RewardEditError, isBelow } = await import('@rewardedit/core');
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && PICTURE.test(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    // What was made by an earlier call is no source.
    .filter((path) => resolve(source) === resolve(out) || !isBelow(path, out))
    .map((path) => relative(source, path).split(sep).join('/'))
    .toSorted();
  if (resolve(source) === resolve(out)) {
    throw new RewardEditError('usage', 'the results would lie among the pictures that are edited', {
      where: '--out',
      hint: 'choose another folder',
    });
  }
  if (names.length === 0) {
    throw new RewardEditError('bad-input', 'there is no picture in this folder', {
      where: source,
      hint: 'put PNG, JPEG, WebP, TIFF or GIF files there',
    });
  }
  const wanted = names.map((name) => outOf(out, name, ending));
  // a.jpg and a.png have results of their own.
  const isShared = (path: string) => wanted.filter((each) => each === path).length > 1;
  return Promise.all(
    names.map(async (name, i) => ({
      id: name,
      picture: join(source, name),
      instruction,
      seed: await seedOf(seed, name, instruction),
      out: isShared(wanted[i]) ? join(out, `${name}${ending}`) : wanted[i],
    })),
  );
}

async function lineJobs({ source, instruction, seed, out, ending }: JobOptions): Promise<EditJob[]> {
  const { RewardEditError, isBelow, readJsonLines } = await import('@rewardedit/core');
  const { jobLineSchema, scoresText } = await import('./job-line.ts');
  const jobs: EditJob[] = [];
  const lineOf = new Map<string, number>();
  for await (const { value, line } of readJsonLines(source, { schema: jobLineSchema })) {
    const bad = (what: string, hint: string) =>
      new RewardEditError('bad-input', what, { where: `${source}:${line}`, hint });
    const own = value.instruction ?? instruction ?? '';
    if (own.trim() === '') throw bad('this job has no instruction', 'give it one, or one for all');
    const name = value.out ?? `${value.id ?? `${stem(value.picture)}-${slug(own)}`}${ending}`;
    const path = join(out, name);
    if (!isBelow(path, out)) throw bad(`${name} leads out of the folder`, 'choose a name inside of it');
    const twin = lineOf.get(path);
    if (twin !== undefined)
      throw bad(`its result would be that of line ${twin}: ${name}`, 'give one of them an "out" or an "id"');
    lineOf.set(path, line);
    jobs.push({
      id: value.id ?? name,
      picture: resolve(dirname(source), value.picture),
      instruction: own,
      seed: value.seed ?? (await seedOf(seed, value.picture, own)),
      scores: value.scores && scoresText(value.scores),
      feedback: value.feedback && Object.entries(value.feedback).map(([key, text]) => `${key}=${text}`),
      out: path,
    });
  }
  if (jobs.length > 0) return jobs;
  throw new RewardEditError('bad-input', 'there is no job in this file', {
    where: source,
    hint: 'write one a line, such as {"picture": "a.jpg", "instruction": "make it snowy"}',
  });
}

function stem(path: string): string {
  return basename(path).replace(PICTURE, '');
}

/** A text as a part of a file's name. */
function slug(text: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+/, '');
  return Array.from(words).slice(0, SLUG).join('').replace(/-+$/, '');
}
