import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { makeFolder, writeFileAtomic } from '@rewardedit/core';
import { assemblePage, contentPolicy, escapeHtml, fillPlaces, readStyles } from '@rewardedit/pages';
import { dataAddressOf } from '../picture-table.ts';
import { sectionsHtml } from '../summary-page.ts';
import { datasetSections, type DatasetFindings } from './dataset-sections.ts';

const ASSETS = new URL('../../assets/', import.meta.url);

/** Side of example pictures in pixels: twice their displayed size. */
const THUMBNAIL_SIDE = 256;

/** Writes the report of a dataset: one self-contained HTML file without scripts, to be opened from the disk. */
export async function writeDatasetReport(
  findings: DatasetFindings,
  { title, path }: { readonly title: string; readonly path: string },
): Promise<void> {
  const sections = await datasetSections(findings, (bytes) => dataAddressOf(bytes, THUMBNAIL_SIDE));
  const [outline, styles] = await Promise.all([
    readFile(new URL('dataset.html', ASSETS), 'utf8'),
    readStyles([new URL('report.css', ASSETS)]),
  ]);
  const parts = { styles, script: '' };
  const policy = contentPolicy(parts, { pictures: 'data:' });
  const body = fillPlaces(outline, { title: escapeHtml(title), summary: sectionsHtml(sections) });
  const html = await assemblePage({ title: `${title} · RewardEdit`, body, policy, ...parts });
  await makeFolder(dirname(resolve(path)));
  await writeFileAtomic(path, html);
}
