import { stripVTControlCharacters } from 'node:util';
import type { Errors } from '@oclif/core';
import { commandInPlaceOf, newNameOf } from './renamed-options.ts';
import { suggestionsFor } from './suggestions.ts';

type Explanation = {
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
  readonly suggestions: readonly string[];
};

type Parts = Omit<Explanation, 'suggestions'> & { readonly suggestions?: readonly string[] };

/** Patterns of oclif's messages, and what to say instead; its errors carry little besides the message. */
const EXPLANATIONS: readonly (readonly [
  pattern: RegExp,
  explain: (match: readonly string[], error: object, command: string) => Parts,
])[] = [
  [
    /^Nonexistent flags?: (.*)$/,
    ([, given], error, command) => {
      const options = given.split(', ').map((flag) => flag.replace(/^-+|=.*$/g, ''));
      const known = flagNames(error);
      const message = `there is no option ${given}`;
      const moved = options.flatMap((option) => commandInPlaceOf(option, command) ?? []);
      if (moved.length > 0) return { message, hint: `use \`rewardedit ${moved[0]}\` instead` };
      const renamed = options.flatMap((option) => newNameOf(option, known) ?? []);
      if (renamed.length > 0) {
        return { message, hint: `it was renamed to ${renamed.map((name) => `--${name}`).join(', ')}` };
      }
      const alike = options.flatMap((option) => suggestionsFor(option, known));
      return { message, suggestions: alike.map((name) => `--${name}`) };
    },
  ],
  [
    /^Expected (--[\w-]+)=(.*) to be one of: (.*)$/s,
    ([, flag, given, options]) => ({
      message: `${flag} cannot be ${JSON.stringify(given)}`,
      where: flag,
      hint: `choose one of: ${options}`,
      suggestions: suggestionsFor(given, options.split(', ')),
    }),
  ],
  [
    /^Expected (.*) to be one of: (.*)$/s,
    ([, given, options]) => ({
      message: `${JSON.stringify(given)} is not one of: ${options}`,
      suggestions: suggestionsFor(given, options.split(', ')),
    }),
  ],
  [/^Parsing (--[\w-]+) \n\t(.*)$/s, ([, flag, reason]) => ({ message: lowerFirst(reason), where: flag })],
  [
    /^Missing \d+ required args?/,
    (_match, error) => ({ message: `missing: ${missingArguments(error).join(', ')}` }),
  ],
  [/^Unexpected arguments?: (.*)$/s, ([, given]) => ({ message: `unexpected argument: ${given}` })],
  [/^The following errors? occurred:\s+(.*)$/s, ([, reasons]) => ({ message: required(reasons) })],
  [/^Flag (--[\w-]+) (.*)$/s, ([, flag, reason]) => ({ message: `${flag} ${reason}`, where: flag })],
];

/** Rewords an error of oclif's parser; `command` is the command as typed. */
export function explainUsageError(error: Errors.CLIError, command: string): Explanation {
  const message = stripVTControlCharacters(error.message).replace(/\nSee more help with --help$/, '');
  const hint = `\`rewardedit ${command === '' ? '' : `${command} `}--help\` shows its usage`;
  for (const [pattern, explain] of EXPLANATIONS) {
    const match = pattern.exec(message);
    if (match) return { hint, suggestions: [], ...explain(match, error, command) };
  }
  return { message, hint, suggestions: error.suggestions ?? [] };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Rewords the reasons why options do not go together. Two options that exclude each other are named once. */
function required(reasons: string): string {
  const said = reasons
    .replace(/Missing required flag ([\w-]+)/g, 'the option --$1 is missing')
    .replace(/(All|One) of the following must be provided when using (--[\w-]+): /g, '$2 also needs ')
    .replace(
      /(--[\w-]+)(?:=.*)? cannot also be provided when using (--[\w-]+)/g,
      (_, ...[one, other]: string[]) => `${[one, other].toSorted().join(' and ')} cannot be combined`,
    );
  return [...new Set(said.split(/\n\s*/))].join('; ');
}

type FlagLike = { readonly hidden?: boolean; readonly aliases?: readonly string[] };

/** The names of the command's flags, as carried by the parser's error. */
function flagNames(error: object): string[] {
  const { parse } = error as { parse?: { input?: { flags?: Record<string, FlagLike> } } };
  return Object.entries(parse?.input?.flags ?? {}).flatMap(([name, { hidden, aliases = [] }]) =>
    hidden === true ? [] : [name, ...aliases],
  );
}

function missingArguments(error: object): string[] {
  const { args = [] } = error as { args?: readonly { name: string; description?: string }[] };
  return args.map(
    ({ name, description = '' }) => `${name.toUpperCase()} (${lowerFirst(description).replace(/\.$/, '')})`,
  );
}
