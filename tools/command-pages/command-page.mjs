/**
 * @typedef {import('@oclif/core').Interfaces.Config} Config
 * @typedef {import('@oclif/core').Command.Loadable} Loadable
 * @typedef {import('@oclif/core').Command.Flag.Any} Flag
 */

const GLOBAL = 'global';

/** @param {Loadable} command */
export function commandWords(command) {
  return command.id.replaceAll(':', ' ');
}

/** @param {Loadable} command */
export function pageName(command) {
  return `${command.id.replaceAll(':', '-')}.md`;
}

/**
 * The Markdown page of a command: description, arguments, options by topic, and examples.
 *
 * @param {Loadable} command
 * @param {Config} config
 * @returns {string}
 */
export function commandPage(command, config) {
  const words = commandWords(command);
  const fill = (/** @type {string} */ text) =>
    text.replaceAll('<%= config.bin %>', config.bin).replaceAll('<%= command.id %>', words);
  const args = Object.values(command.args);
  const usage = [config.bin, words, ...args.map(argumentText), '[OPTIONS]'].join(' ');
  const parts = [
    `# ${config.bin} ${words}`,
    command.summary ?? '',
    `\`\`\`sh\n${usage}\n\`\`\``,
    fill(command.description ?? ''),
    ...(args.length === 0
      ? []
      : [
          '## Arguments',
          table(
            ['argument', ''],
            args.map((arg) => [`\`${arg.name.toUpperCase()}\``, arg.description ?? '']),
          ),
        ]),
    '## Options',
    ...optionParts(command),
    '## Examples',
    ...(command.examples ?? []).map((example) =>
      typeof example === 'string'
        ? `\`\`\`sh\n${fill(example)}\n\`\`\``
        : `${example.description}:\n\n\`\`\`sh\n${fill(example.command)}\n\`\`\``,
    ),
    '_Written by `npm run docs` from the code._',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** @param {Loadable} command */
function optionParts({ flags }) {
  /** @type {Map<string, Flag[]>} */
  const groups = new Map();
  for (const flag of Object.values(flags).filter(({ hidden }) => hidden !== true)) {
    const group = flag.helpGroup ?? '';
    groups.set(group, [...(groups.get(group) ?? []), flag]);
  }
  // Options of every command come last.
  const names = [...groups.keys()].toSorted((a, b) => Number(a === GLOBAL) - Number(b === GLOBAL));
  return names.flatMap((name) => {
    const rows = groups.get(name)?.map((flag) => [optionText(flag), explain(flag)]) ?? [];
    const title = name === GLOBAL ? 'Global options' : name;
    return [...(title === '' ? [] : [`### ${title}`]), table(['option', ''], rows)];
  });
}

/** @param {{ name: string, required?: boolean, multiple?: boolean }} argument */
function argumentText({ name, required, multiple }) {
  const text = `${name.toUpperCase()}${multiple === true ? '...' : ''}`;
  return required === true ? text : `[${text}]`;
}

/** @param {Flag} flag */
function optionText({ name, char, type, helpValue, ...flag }) {
  const value = type === 'boolean' ? '' : ` ${[helpValue ?? 'VALUE'].flat().join(' ')}`;
  const short = char === undefined ? '' : `\`-${char}\`, `;
  const negated = type === 'boolean' && 'allowNo' in flag && flag.allowNo ? '[no-]' : '';
  return `${short}\`--${negated}${name}${value}\``;
}

/** @param {Flag} flag */
function explain(flag) {
  const parts = [flag.summary ?? flag.description ?? ''];
  if (flag.required === true) parts.push('Required.');
  if (flag.type === 'option') {
    if (flag.options !== undefined)
      parts.push(`One of ${flag.options.map((each) => `\`${each}\``).join(', ')}.`);
    if (flag.default !== undefined) parts.push(`Default: \`${String(flag.default)}\`.`);
  }
  return parts.join(' ');
}

/**
 * @param {string[]} header
 * @param {string[][]} rows
 */
function table(header, rows) {
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
