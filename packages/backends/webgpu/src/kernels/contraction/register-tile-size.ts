import { sizeOf } from '@rewardedit/graph';
import type { DeviceTraits } from '../../codegen/shader.ts';
import type { Contraction } from './contraction.ts';
import type { RegisterTile } from './register-tile.ts';

/**
 * With fewer invocations a GPU is partly idle, and smaller tiles are better. On a processor, large tiles do
 * not repay their compile time.
 */
const ENOUGH_INVOCATIONS = { gpu: 16384, software: 2048 };

/** The largest tile that leaves enough invocations. */
export function registerTileFor(
  { software }: DeviceTraits,
  { batch, rows, columns }: Pick<Contraction, 'batch' | 'rows' | 'columns'>,
): RegisterTile {
  const [batchCount, rowCount, columnCount] = [batch, rows, columns].map(sizeOf);
  const vectors = (columns.at(-1) ?? 1) % 4 === 0;
  const sizes: [number, number][] = vectors
    ? [
        [8, 8],
        [4, 8],
        [4, 4],
        [2, 4],
        [1, 4],
      ]
    : [
        [8, 4],
        [4, 4],
        [4, 1],
        [1, 1],
      ];
  const invocations = ([tileRows, tileColumns]: [number, number]) =>
    batchCount * Math.ceil(rowCount / tileRows) * Math.ceil(columnCount / tileColumns);
  const fitting = sizes.filter(
    ([tileRows, tileColumns]) =>
      (tileRows <= Math.max(rowCount, 1) || tileRows === 1) &&
      (tileColumns <= columnCount || (tileColumns === 4 && vectors) || tileColumns === 1),
  );
  const [tileRows, tileColumns] =
    fitting.find((size) => invocations(size) >= ENOUGH_INVOCATIONS[software ? 'software' : 'gpu']) ??
    fitting.at(-1)!;
  const across = Math.min(8, 2 ** Math.ceil(Math.log2(Math.ceil(columnCount / tileColumns))));
  return { rows: tileRows, columns: tileColumns, workgroup: [across, 64 / across], unroll: software ? 1 : 4 };
}
