import type { Table } from './tables.ts';

/** A table in GitHub's Markdown. Texts stay texts: nothing in them becomes markup or another cell. */
export function markdownTable({ header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const rule = `|${header.map((_, column) => (column === 0 ? ' --- |' : ' ---: |')).join('')}`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** A text that Markdown and the HTML in it show as it is, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#+!|~&-]/g, (character) => (character === '-' ? '-' : `\\${character}`));
}
