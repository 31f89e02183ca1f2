import type { Table } from './tables.ts';

/** Writes a table in GitHub's Markdown. Nothing in the cells becomes markup or another cell. */
export function markdownTable({ header, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const rule = `|${header.map((_, column) => (column === 0 ? ' --- |' : ' ---: |')).join('')}`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** Escapes text so that Markdown, and HTML in it, shows it literally, on one line. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#+!|~&-]/g, (character) => (character === '-' ? '-' : `\\${character}`));
}
