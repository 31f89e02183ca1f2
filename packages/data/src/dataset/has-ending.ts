/** Whether a file's name ends so, in capitals or not. */
export function hasEnding(name: string, ...endings: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return endings.some((ending) => lower.endsWith(ending));
}
