import { RewardEditError } from '@rewardedit/core';

export type Token = {
  readonly type: 'number' | 'text' | 'word' | 'sign' | 'end';
  /** The token as written; of a text, what is between its quotes. */
  readonly text: string;
  /** Position of its first character, from 0. */
  readonly column: number;
};

const LONGEST = 10_000;

// Sticky ("y"); one alternative for each type of token.
const TOKEN = /(?<number>\d+(?:\.\d+)?|\.\d+)|(?<word>[a-z_]\w*(?:\.\w+)*)|(?<sign><=|>=|==|!=|[<>=()])/iy;

/** Splits an expression into tokens, the last of which has the type "end". Throws 'usage' that shows the position. */
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

/** Makes an error that shows the expression with a mark below the position. */
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

/** A backslash escapes the next character. */
function quoted(text: string, column: number): { token: Token; end: number } {
  let value = '';
  for (let at = column + 1; at < text.length; at++) {
    if (text[at] === text[column]) return { token: { type: 'text', text: value, column }, end: at + 1 };
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
  }
  throw expressionError(text, 'the quote that begins here is not closed', column);
}

function unquoted(text: string, column: number): { token: Token; end: number } {
  TOKEN.lastIndex = column;
  const found = TOKEN.exec(text);
  const [type] = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
  if (found === null || type === undefined) throw expressionError(text, 'this is not valid', column);
  return { token: { type: type as Token['type'], text: found[0], column }, end: column + found[0].length };
}
