import { dirname, extname } from 'node:path';
import { insideFolder, readPictureFile } from '@rewardedit/data';
import type { Benchmark, BenchmarkItem, UnusableItem } from './benchmark.ts';
import { captionsOf } from './captions.ts';
import { editKind } from './real-edit.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Field names in published benchmarks: GEdit-Bench, ImgEdit-Bench, Step1X-Edit, Emu Edit, AnyEdit. */
const FIELDS = {
  instruction: ['instruction', 'prompt', 'caption', 'edit', 'edit_prompt'],
  original: [
    'original',
    'ref_image_path',
    'input_image',
    'input',
    'image_file',
    'source_image',
    'image',
    'id',
  ],
  truth: ['truth', 'edited_file', 'target_image', 'output_image', 'edited', 'output'],
  kind: ['kind', 'edit_type', 'task_type', 'type', 'task'],
  id: ['key', 'id', 'idx', 'uid'],
} as const;

/** Whether a JSON document is a list of records, or records by name. */
export function isRecordList(document: unknown): boolean {
  return recordsOf(document).some(([, record]) => textIn(record, 'instruction') !== undefined);
}

/**
 * Reads a benchmark from one JSON document: a list of records, or records by id, each with an instruction and a picture's path
 * relative to the file's folder (as in GEdit-Bench and ImgEdit).
 */
export function jsonBenchmark(path: string, document: unknown): Benchmark {
  const folder = dirname(path);
  const items: BenchmarkItem[] = [];
  const unusable: UnusableItem[] = [];
  for (const [name, record] of recordsOf(document)) {
    const id = idOf(name, record);
    const instruction = textIn(record, 'instruction');
    const original = textIn(record, 'original');
    if (instruction === undefined || original === undefined) {
      const missing = instruction === undefined ? 'instruction' : 'original';
      unusable.push({ id, unusable: `it does not have any of the fields ${FIELDS[missing].join(', ')}` });
      continue;
    }
    const truth = textIn(record, 'truth');
    const captions = captionsOf(record);
    const where = `${path}, ${id}`;
    items.push({
      id,
      instruction,
      kind: editKind(textIn(record, 'kind') ?? ''),
      original: async () => readPictureFile(insideFolder(folder, original, where)),
      ...(truth !== undefined && { truth: async () => readPictureFile(insideFolder(folder, truth, where)) }),
      ...(captions !== undefined && { captions }),
      fileNames: [id, withoutEnding(id), ...(typeof name === 'string' ? [withoutEnding(name)] : [])],
      where,
    });
  }
  return { layout: 'JSON records', items, unusable };
}

/** Records with their names, or their positions in a list. */
function recordsOf(document: unknown): (readonly [string | number, JsonObject])[] {
  if (Array.isArray(document)) {
    return document.flatMap((record: unknown, i) => (isObject(record) ? [[i, record] as const] : []));
  }
  if (!isObject(document)) return [];
  return Object.entries(document).flatMap(([name, record]) =>
    isObject(record) ? [[name, record] as const] : [],
  );
}

function idOf(name: string | number, record: JsonObject): string {
  if (typeof name === 'string') return name;
  return textIn(record, 'id') ?? String(name);
}

function textIn(record: JsonObject, field: keyof typeof FIELDS): string | undefined {
  for (const name of FIELDS[field]) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    if (field === 'id' && typeof value === 'number') return String(value);
  }
  return undefined;
}

function withoutEnding(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
