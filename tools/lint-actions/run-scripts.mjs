// Plain JavaScript, because linting comes before anything is built.

/**
 * Returns the shell scripts in a workflow or composite action, with the number of their first line. Relies on
 * prettier's formatting, which `npm run lint` checks: `run:` followed by the script, or `run: |` with the
 * script indented below.
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
