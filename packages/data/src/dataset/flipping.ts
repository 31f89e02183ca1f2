/** Whether an instruction keeps its meaning if both pictures are flipped left to right. */
export function staysTrueWhenFlipped(instruction: string): boolean {
  return !/\b(?:left|right)\b/i.test(instruction);
}
