import type { TripletSource } from '@rewardedit/data';
import type { Benchmark, BenchmarkItem, UnusableItem } from './benchmark.ts';

/**
 * A benchmark of the triplets of a dataset in any format that is read: the true edit is `truth` where a triplet has it, else its
 * edited picture.
 */
export async function tripletBenchmark(source: TripletSource): Promise<Benchmark> {
  const items: BenchmarkItem[] = [];
  const unusable: UnusableItem[] = [];
  for await (const row of source.rows()) {
    if ('unusable' in row) {
      unusable.push({ id: row.id, unusable: row.unusable });
      continue;
    }
    const { record, pictures, where } = row;
    items.push({
      id: record.id,
      instruction: record.instruction,
      kind: record.kind,
      original: pictures.original,
      truth: pictures.truth ?? pictures.edited,
      fileNames: [record.id, record.id.replaceAll('/', '_')],
      where,
    });
  }
  return { layout: source.format, items, unusable };
}
