import { COLUMNS, type EvalRun, type Table } from '@rewardedit/eval';
import { escapeHtml } from '@rewardedit/pages';
import { distributionChart } from './charts/distribution-chart.ts';
import { drawChart, type Chart } from './charts/draw-chart.ts';

/** A section of the summary: charts, then tables, then a note. */
export interface Section {
  readonly title: string;
  readonly charts?: readonly Chart[];
  readonly tables?: readonly Table[];
  /** Pairs of pictures with a title and text lines. */
  readonly examples?: readonly Example[];
  readonly note?: string;
}

export interface Example {
  /** Addresses of the original and the edited picture; null for one that cannot be shown. */
  readonly pictures: readonly (string | null)[];
  readonly title: string;
  readonly lines: readonly string[];
}

/** Matches a cell of a numeric column: a mean, a difference, a count, or a dash. */
const NUMBER = /^(?:-|(?:< )?[-+]?\d[\d.]*(?: \[.*\])?)$/;

/** The columns whose distributions are shown, if the runs have them. */
const DISTRIBUTIONS: readonly { readonly column: string; readonly bins: number }[] = [
  { column: 'following', bins: 10 },
  { column: 'preserving', bins: 10 },
  { column: 'quality', bins: 10 },
];

/** Renders the summary as HTML without scripts. */
export function summaryPage(runs: readonly EvalRun[], sections: readonly Section[]): string {
  return sectionsHtml([...sections, ...distributionSection(runs)]);
}

/** Renders sections as HTML without scripts. */
export function sectionsHtml(sections: readonly Section[]): string {
  return sections.map(sectionHtml).join('\n');
}

function distributionSection(runs: readonly EvalRun[]): Section[] {
  const charts = DISTRIBUTIONS.flatMap(({ column, bins }) => {
    const values = runs.map(({ name, items }) => ({
      name,
      values: items.flatMap((item) => item.values[column] ?? []),
    }));
    const { range, label } = COLUMNS[column];
    if (range === undefined || values.every((run) => run.values.length === 0)) return [];
    return [distributionChart({ title: label, runs: values, range, bins })];
  });
  return charts.length === 0 ? [] : [{ title: 'Distribution of the scores', charts }];
}

function sectionHtml({ title, charts = [], tables = [], examples = [], note }: Section): string {
  return `<section class="summary-part">
<h2>${escapeHtml(title)}</h2>
${charts.map(chartHtml).join('\n')}
${tables.map(tableHtml).join('\n')}
${examples.length === 0 ? '' : `<div class="examples">${examples.map(exampleHtml).join('\n')}</div>`}
${note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`}
</section>`;
}

function chartHtml(chart: Chart): string {
  // The whole title is for screen readers; the visible caption is its beginning.
  const [caption] = chart.title.split(': ');
  return `<figure>
<figcaption>${escapeHtml(caption)}</figcaption>
${drawChart(chart)}
</figure>`;
}

function exampleHtml({ pictures, title, lines }: Example): string {
  const shown = pictures.map((address, i) => {
    const what = i === 0 ? 'original' : 'edited';
    return address === null
      ? `<span class="no-picture">${what}: cannot be shown</span>`
      : `<img src="${escapeHtml(address)}" alt="${what}" loading="lazy" />`;
  });
  return `<article class="example">
<div class="pair">${shown.join('')}</div>
<h3><bdi>${escapeHtml(title)}</bdi></h3>
${lines.map((line) => `<p><bdi>${escapeHtml(line)}</bdi></p>`).join('\n')}
</article>`;
}

function tableHtml({ header, rows }: Table): string {
  const isText = header.map((_, column) => rows.some((row) => !NUMBER.test(row[column])));
  const cells = (tag: 'td' | 'th', row: readonly string[]) =>
    row
      .map((cell, column) => {
        const kind = isText[column] ? ' class="text"' : '';
        return `<${tag}${kind}><bdi>${escapeHtml(cell)}</bdi></${tag}>`;
      })
      .join('');
  return `<div class="table"><table>
<thead><tr>${cells('th', header)}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}
</tbody>
</table></div>`;
}
