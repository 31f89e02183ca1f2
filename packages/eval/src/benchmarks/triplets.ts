import type { TripletSource } from '@rewardedit/data';
import type { Benchmark, BenchmarkItem, UnusableItem } from './benchmark.ts';
import { captionsOf } from './captions.ts';

/**
 * Makes a benchmark from the triplets of a dataset in any format: the true edit is a triplet's `truth`, or else its edited
 * picture. Captions come from the dataset's own columns.
 */
export async function tripletBenchmark(source: TripletSource): Promise<Benchmark> {
  const items: BenchmarkItem[] = [];
  const unusable: UnusableItem[] = [];
  for await (const row of source.rows()) {
    if ('unusable' in row) {
      unusable.push({ id: row.id, unusable: row.unusable });
      continue;
    }
    const { record, extra, pictures, where } = row;
    const captions = captionsOf(extra, record.description);
    items.push({
      id: record.id,
      instruction: record.instruction,
      kind: record.kind,
      original: pictures.original,
      truth: pictures.truth ?? pictures.edited,
      ...(captions !== undefined && { captions }),
      fileNames: [record.id, record.id.replaceAll('/', '_')],
      where,
    });
  }
  return { layout: source.format, items, unusable };
}
