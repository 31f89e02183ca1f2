import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import sharp from 'sharp';
import { convert, type ConvertSummary } from './converting/convert.ts';
import { createTarget, openSource, type FormatName, type OpenOptions } from './formats.ts';
import type { SourceRow, TripletSource } from './rows/source-triplet.ts';

/** A folder that is gone after the test. */
export async function temporaryFolder(
  onTestFinished: TestContext['onTestFinished'],
  prefix = 'rewardedit-formats-',
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A small picture of one colour, which differs for each number. */
export async function samplePicture(
  number: number,
  format: 'png' | 'jpeg' | 'webp' = 'jpeg',
): Promise<Buffer> {
  const background = { r: (number * 37) % 256, g: (number * 91) % 256, b: (number * 13) % 256 };
  return sharp({ create: { width: 16, height: 12, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

const REFUSE = (url: string): Promise<Uint8Array> => Promise.reject(new Error(`fetched ${url}`));

/** Opens a dataset that has no remote pictures. */
export function open(
  path: string,
  options: Partial<OpenOptions> & { readonly format?: FormatName } = {},
): Promise<TripletSource> {
  return openSource(path, { columns: {}, fetch: REFUSE, ...options });
}

export async function rowsOf(source: TripletSource): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const row of source.rows()) rows.push(row);
  return rows;
}

/** Converts a dataset, as the command does. */
export async function convertTo(
  source: TripletSource | string,
  target: string,
  format: FormatName = 'imagefolder',
): Promise<ConvertSummary & { readonly notes: readonly string[] }> {
  const opened = typeof source === 'string' ? await open(source) : source;
  const sink = await createTarget(target, format, { source: opened.format });
  const summary = await convert({ source: opened, sink });
  return { ...summary, notes: [...opened.notes(), ...sink.notes()] };
}
