/** Fills the places of an outline, all at once: what comes in has none, whatever it says. */
export function filled(outline: string, values: Readonly<Record<string, string>>): string {
  return outline.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]);
}
