import { RewardEditError } from '@rewardedit/core';

export type Token = {
  readonly type: 'number' | 'text' | 'word' | 'sign' | 'end';
  /** As it is written; of a text, what is between its quotes. */
  readonly text: string;
  /** Where it begins, from 0. */
  readonly column: number;
};

const LONGEST = 10_000;

// At the place itself ("y"), one alternative for each kind of token.
const TOKEN = /(?<number>\d+(?:\.\d+)?|\.\d+)|(?<word>[a-z_]\w*(?:\.\w+)*)|(?<sign><=|>=|==|!=|[<>=()])/iy;

/** Cuts an expression into its words, ended by a token of the type "end". Throws 'usage' that shows the place. */
export function tokenize(text: string): Token[] {
  if (text.length > LONGEST)
    throw new RewardEditError('usage', 'the expression is too long', { where: '--where' });
  const tokens: Token[] = [];
  for (let column = skipSpaces(text, 0); column < text.length;) {
    const { token, end } = isQuote(text[column]) ? quoted(text, column) : unquoted(text, column);
    tokens.push(token);
    column = skipSpaces(text, end);
  }
  return [...tokens, { type: 'end', text: '', column: text.trimEnd().length }];
}

/** An error that shows the expression with a mark below the place. */
export function expressionError(text: string, message: string, column: number): RewardEditError {
  const before = Array.from(text.slice(0, column)).length;
  const shown = `${message}:\n  ${text.replaceAll(/\s/g, ' ')}\n  ${' '.repeat(before)}^`;
  return new RewardEditError('usage', shown, {
    where: '--where',
    hint: 'an example: following >= 4 and (preserving > 3 or kind = "style") and not missing(quality)',
  });
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at].trim() === '') at += 1;
  return at;
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'";
}

/** A backslash takes the next character as it is. */
function quoted(text: string, column: number): { token: Token; end: number } {
  let value = '';
  for (let at = column + 1; at < text.length; at++) {
    if (text[at] === text[column]) return { token: { type: 'text', text: value, column }, end: at + 1 };
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
  }
  throw expressionError(text, 'the quote that begins here does not end', column);
}

function unquoted(text: string, column: number): { token: Token; end: number } {
  TOKEN.lastIndex = column;
  const found = TOKEN.exec(text);
  const [type] = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
  if (found === null || type === undefined) throw expressionError(text, 'this cannot be read', column);
  return { token: { type: type as Token['type'], text: found[0], column }, end: column + found[0].length };
}
