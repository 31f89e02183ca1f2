/** Whether a file name has one of these endings, in upper or lower case. */
export function hasEnding(name: string, ...endings: readonly string[]): boolean {
  const lower = name.toLowerCase();
  return endings.some((ending) => lower.endsWith(ending));
}
