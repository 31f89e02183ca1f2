import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { outOf, seedOf, type EditJob, type JobOptions } from './edit-job.ts';

/** The edits to make: one picture, or several into a folder. */
export type Jobs = { readonly isMany: boolean; readonly jobs: readonly EditJob[] };

/** Other files in a folder are ignored. */
const PICTURE = /\.(?:png|jpe?g|webp|tiff?|gif)$/i;
/** Characters of an instruction to use in the file name of a result. */
const SLUG = 40;

/**
 * Reads the jobs. In a folder, every picture, including subfolders, is a job; a JSONL file has one job per line: `picture` (relative to
 * the file), and optionally `instruction`, `seed`, `scores`, `feedback`, `id`, and `out` (relative to the output folder).
 *
 * @throws RewardEditError 'usage' without an instruction; 'bad-input' for an invalid job, or two jobs with the same output path.
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
    hint: 'add an instruction after the picture, such as "make it snowy"',
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
    // Results of an earlier command are not sources.
    .filter((path) => resolve(source) === resolve(out) || !isBelow(path, out))
    .map((path) => relative(source, path).split(sep).join('/'))
    .toSorted();
  if (resolve(source) === resolve(out)) {
    throw new RewardEditError('usage', 'the output folder is the folder of the originals', {
      where: '--out',
      hint: 'choose another folder',
    });
  }
  if (names.length === 0) {
    throw new RewardEditError('bad-input', 'there are no pictures in this folder', {
      where: source,
      hint: 'PNG, JPEG, WebP, TIFF and GIF files are supported; choose a folder that contains some',
    });
  }
  const wanted = names.map((name) => outOf(out, name, ending));
  // a.jpg and a.png need different output paths.
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
    if (own.trim() === '')
      throw bad(
        'this job has no instruction',
        'add "instruction" to the line, or an instruction for all jobs to the command',
      );
    const name = value.out ?? `${value.id ?? `${stem(value.picture)}-${slug(own)}`}${ending}`;
    const path = join(out, name);
    if (!isBelow(path, out)) throw bad(`${name} is outside the output folder`, 'choose a path inside it');
    const twin = lineOf.get(path);
    if (twin !== undefined)
      throw bad(`same output path as line ${twin}: ${name}`, 'add "out" or "id" to one of the lines');
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
  throw new RewardEditError('bad-input', 'there are no jobs in this file', {
    where: source,
    hint: 'write one job per line, such as {"picture": "a.jpg", "instruction": "make it snowy"}',
  });
}

function stem(path: string): string {
  return basename(path).replace(PICTURE, '');
}

/** Converts a text to a part of a file name. */
function slug(text: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+/, '');
  return Array.from(words).slice(0, SLUG).join('').replace(/-+$/, '');
}
