import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder, writeFileAtomic } from '@rewardedit/core';
import type { EvalRun } from '@rewardedit/eval';
import {
  assemblePage,
  contentPolicy,
  escapeHtml,
  fillPlaces,
  jsonForScript,
  pageScript,
  readStyles,
} from '@rewardedit/pages';
import { collectData } from './collect-data.ts';
import { embeddedPictures, linkedPictures } from './picture-table.ts';
import { summaryPage, type Section } from './summary-page.ts';

export interface ReportOptions {
  readonly title: string;
  /** The runs; in a comparison, the base comes first. */
  readonly runs: readonly EvalRun[];
  /** The tables and charts of the summary. */
  readonly sections: readonly Section[];
  /** The file to write. */
  readonly path: string;
  /** Whether pictures are embedded in the page instead of linked. */
  readonly isSingleFile: boolean;
}

export interface WrittenReport {
  readonly path: string;
  /** Pictures that are not embedded because they did not fit or cannot be read. */
  readonly left: number;
}

/** The size limit of all embedded pictures together, in bytes. */
const MOST_EMBEDDED = 48 * 1024 * 1024;

const SCRIPT = { folder: new URL('../dist/page/', import.meta.url), main: './main.js' };
const ASSETS = new URL('../assets/', import.meta.url);

/** Writes the page of one run, or of a comparison: one HTML file that opens from the disk. */
export async function writeReport(options: ReportOptions): Promise<WrittenReport> {
  const { title, runs, sections, isSingleFile } = options;
  const path = resolve(options.path);
  const pictures = isSingleFile ? embeddedPictures(MOST_EMBEDDED) : linkedPictures(dirname(path));
  const data = await collectData(title, runs, pictures);
  const [outline, styles, script] = await Promise.all([
    readFile(new URL('page.html', ASSETS), 'utf8'),
    readStyles([new URL('report.css', ASSETS)]),
    pageScript(SCRIPT),
  ]);
  const parts = { styles, script };
  // A page opened from the disk has no origin: the files beside it are `file:`.
  const policy = contentPolicy(parts, { pictures: "'self' file: data:" });
  const body = fillPlaces(outline, {
    title: escapeHtml(title),
    summary: summaryPage(runs, sections),
    data: jsonForScript(data),
  });
  const html = await assemblePage({ title: `${title} · RewardEdit`, body, policy, ...parts });
  await makeFolder(dirname(path));
  await writeFileAtomic(path, html);
  return { path, left: pictures.left() };
}
