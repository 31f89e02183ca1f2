import { HIGHEST_SCORE, PERSPECTIVES } from '@rewardedit/core';
import { COLUMNS, type EvalRun, type ShownItem } from '@rewardedit/eval';
import type { PictureTable } from './picture-table.ts';
import type { ReportData, ReportEdit, ReportItem } from './report-data.ts';

/**
 * Collects what the page shows about the items of all runs: those of the first run in its order, then those that only others
 * have. Two runs share an item if its id, instruction and original are the same.
 */
export async function collectData(
  title: string,
  runs: readonly EvalRun[],
  pictures: PictureTable,
): Promise<ReportData> {
  const columns = Object.keys(COLUMNS).filter((name) =>
    runs.some(({ items }) => items.some(({ values }) => name in values)),
  );
  const asked = new Map<string, { shown: ShownItem; edits: (ReportEdit | null)[] }>();
  for (const [number, { items }] of runs.entries()) {
    for (const item of items) {
      const key = JSON.stringify([item.id, item.instruction, item.cluster]);
      const known = asked.get(key) ?? { shown: item, edits: runs.map(() => null) };
      asked.set(key, known);
      known.edits[number] = {
        picture: await pictures.add(item.pictures.edited),
        values: columns.map((name) => item.values[name] ?? null),
        feedback: item.feedback,
      };
    }
  }
  const items: ReportItem[] = [];
  for (const { shown, edits } of asked.values()) {
    const { id, instruction, kind, pictures: names } = shown;
    items.push({
      ...{ id, instruction, kind, edits },
      original: await pictures.add(names.original),
      ...(names.truth !== undefined && { truth: await pictures.add(names.truth) }),
    });
  }
  return {
    title,
    highestScore: HIGHEST_SCORE,
    columns: columns.map((name) => ({ name, label: COLUMNS[name].label, digits: COLUMNS[name].digits })),
    perspectives: PERSPECTIVES.filter((name) => columns.includes(name)),
    runs: runs.map(({ name }) => name),
    pictures: pictures.addresses(),
    items,
  };
}
