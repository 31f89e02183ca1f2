/** A YAML document's values; scalars stay text. */
export type Yaml = string | Yaml[] | { [key: string]: Yaml };

/** Reads the part of YAML that the workflows here use, as prettier writes it: maps, lists, scalars in one line, `|` and `>-`. */
export function readYaml(text: string): Yaml {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  while (lines.at(-1)?.trim() === '') lines.pop();
  return readBlock(lines);
}

function readBlock(lines: readonly string[]): Yaml {
  const begun = lines.findIndex((line) => line.trim() !== '');
  const depth = indentation(lines[begun]);
  const entries: string[][] = [];
  for (const line of lines.slice(begun).map((one) => one.slice(depth))) {
    if (line.trim() === '' || line.startsWith(' ')) entries.at(-1)!.push(line);
    else entries.push([line]);
  }
  if (entries[0][0].startsWith('- '))
    return entries.map(([first, ...rest]) => readEntry(first.slice(2), [`  ${first.slice(2)}`, ...rest]));
  return Object.fromEntries(
    entries.map(([first, ...rest]) => {
      const [, key, value] = /^([\w-]+):(?: (.*))?$/.exec(first)!;
      const isNested = value === undefined && rest.some((line) => line.trim() !== '');
      return [key, isNested ? readBlock(rest) : readValue(value ?? '', rest)];
    }),
  );
}

/** An entry of a list: a map where it looks like one. */
function readEntry(first: string, lines: readonly string[]): Yaml {
  return /^[\w-]+:(?: |$)/.test(first) ? readBlock(lines) : readValue(first, []);
}

function readValue(value: string, rest: readonly string[]): string {
  const depth = Math.min(...rest.filter((line) => line.trim() !== '').map(indentation));
  const block = rest.map((line) => line.slice(depth));
  if (value === '|') return `${block.join('\n').trimEnd()}\n`;
  if (value === '>-') return block.join(' ').trim();
  if (rest.some((line) => line.trim() !== '')) throw new Error(`expected nothing below "${value}"`);
  const quoted = /^'(.*)'$/.exec(value);
  return quoted === null ? value.replace(/ #.*$/, '').trim() : quoted[1].replaceAll("''", "'");
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}
