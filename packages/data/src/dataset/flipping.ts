/** Whether an instruction still asks for the same thing when both pictures are flipped left to right. */
export function staysTrueWhenFlipped(instruction: string): boolean {
  return !/\b(?:left|right)\b/i.test(instruction);
}
