import type { LabBlocks } from './lab-blocks.ts';

/**
 * Computes how much each block changed: the colour distance (CIE 1976 Delta E; 2.3 is just noticeable) to the most similar of the nine blocks
 * around its position in the other picture, in the direction in which it is larger. Details that moved by less than a block count as unchanged;
 * what appeared has no match in the one picture, what disappeared none in the other.
 */
export function changeMap(before: LabBlocks, after: LabBlocks): Float64Array {
  const { across, down } = before;
  const changes = new Float64Array(across * down);
  for (let y = 0, block = 0; y < down; y++) {
    for (let x = 0; x < across; x++, block++) {
      let appeared = Infinity;
      let vanished = Infinity;
      for (let nearY = Math.max(0, y - 1); nearY <= Math.min(down - 1, y + 1); nearY++) {
        for (let nearX = Math.max(0, x - 1); nearX <= Math.min(across - 1, x + 1); nearX++) {
          const near = nearY * across + nearX;
          appeared = Math.min(appeared, squaredDistance(after.lab, block, before.lab, near));
          vanished = Math.min(vanished, squaredDistance(before.lab, block, after.lab, near));
        }
      }
      changes[block] = Math.sqrt(Math.max(appeared, vanished));
    }
  }
  return changes;
}

function squaredDistance(a: Float64Array, blockOfA: number, b: Float64Array, blockOfB: number): number {
  const i = blockOfA * 3;
  const j = blockOfB * 3;
  return (a[i] - b[j]) ** 2 + (a[i + 1] - b[j + 1]) ** 2 + (a[i + 2] - b[j + 2]) ** 2;
}
