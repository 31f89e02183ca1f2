// Plain JavaScript, because linting comes before anything is built.

/**
 * The shell scripts in a workflow or a composite action, each with the number of its first line. Reads the lines as prettier writes
 * them, which `npm run lint` sees to: `run:` with the script behind it, or `run: |` with the script below, indented.
 *
 * @param {string} text
 * @returns {{ line: number, script: string }[]}
 */
export function runScripts(text) {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const [, before, value] = /^(\s*(?:- )?)run: (.*)$/.exec(line) ?? [];
    if (value === undefined) return [];
    if (!/^[|>]/.test(value)) return [{ line: index + 1, script: value }];
    const rest = lines.slice(index + 1);
    const end = rest.findIndex((one) => one.trim() !== '' && indentation(one) <= before.length);
    const block = rest.slice(0, end === -1 ? rest.length : end);
    const depth = Math.min(...block.filter((one) => one.trim() !== '').map(indentation));
    return [{ line: index + 2, script: block.map((one) => one.slice(depth)).join('\n') }];
  });
}

/** @param {string} line */
function indentation(line) {
  return line.length - line.trimStart().length;
}
