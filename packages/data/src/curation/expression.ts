import { EDIT_KINDS, PERSPECTIVES, type Perspective } from '@rewardedit/core';
import { expressionError, tokenize, type Token } from './expression-tokens.ts';

/** Names of numbers: the scores, their mean, and their minimum. */
export const NUMBER_NAMES = [...PERSPECTIVES, 'mean', 'min'] as const;
/** Names of texts. */
export const TEXT_NAMES = ['kind', 'instruction', 'description', 'id'] as const;

/** Name of another count or measure, which has a dot. */
export type MeasureName = `${string}.${string}`;

export type NumberName = Perspective | 'mean' | 'min' | MeasureName;
export type TextName = (typeof TEXT_NAMES)[number];

/** Synonyms. */
const ALIASES: Readonly<Record<string, string>> = { overall: 'mean' };

export type Comparison = '<' | '<=' | '>' | '>=' | '=' | '!=';

type Value =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'number-name'; readonly name: NumberName }
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'text-name'; readonly name: TextName };

/** A condition on a triplet and its reward. */
export type Expression =
  | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'not'; readonly inner: Expression }
  | { readonly type: 'missing'; readonly name: NumberName | TextName }
  | { readonly type: 'contains'; readonly left: Value; readonly right: Value }
  | { readonly type: 'compare'; readonly how: Comparison; readonly left: Value; readonly right: Value };

/** Deeper nesting is refused before it could overflow the stack. */
const DEEPEST = 100;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '=': '=',
  '==': '=',
  '!=': '!=',
};

/**
 * Parses a condition such as `following >= 4 and not (kind = "style" or missing(quality))`:
 *
 *     condition  = part { ("and" | "or") part }       "and" binds closer
 *     part       = "not" part | "(" condition ")" | "missing" "(" name ")" | comparison
 *     comparison = value ("<" | "<=" | ">" | ">=" | "=" | "!=") value | text "contains" text
 *     value      = number | "text" | name
 *
 * Throws 'usage' that shows the position.
 */
export function parseExpression(text: string): Expression {
  const tokens = tokenize(text);
  let at = 0;
  let depth = 0;
  const fail = (message: string, token = tokens[at]): never => {
    throw expressionError(text, message, token.column);
  };
  const accept = (...words: string[]): Token | undefined => {
    const token = tokens[at];
    if (token.type !== 'word' && token.type !== 'sign') return undefined;
    if (!words.includes(token.type === 'word' ? token.text.toLowerCase() : token.text)) return undefined;
    at += 1;
    return token;
  };
  const expect = (word: string) => accept(word) ?? fail(`expected "${word}"`);

  const chain = (word: 'and' | 'or', part: () => Expression): Expression => {
    let left = part();
    while (accept(word)) left = { type: word, left, right: part() };
    return left;
  };
  const condition = (): Expression => chain('or', () => chain('and', part));
  const part = (): Expression => {
    depth += 1;
    if (depth > DEEPEST) fail(`this is nested more than ${DEEPEST} levels deep`);
    const found = partInside();
    depth -= 1;
    return found;
  };
  const partInside = (): Expression => {
    if (accept('not')) return { type: 'not', inner: part() };
    if (accept('(')) {
      const inner = condition();
      expect(')');
      return inner;
    }
    if (accept('missing')) {
      expect('(');
      const value = valueHere();
      if (value.type !== 'number-name' && value.type !== 'text-name')
        return fail('expected a name', tokens[at - 1]);
      expect(')');
      return { type: 'missing', name: value.name };
    }
    return comparison();
  };
  const comparison = (): Expression => {
    const [first, left] = [tokens[at], valueHere()];
    const sign = accept('contains', ...Object.keys(COMPARISONS));
    if (sign === undefined) return fail('expected a comparison, such as ">= 4"');
    const [second, right] = [tokens[at], valueHere()];
    if (sign.type === 'word') {
      if (isNumber(left)) fail('"contains" needs a text', first);
      if (isNumber(right)) fail('expected a text in quotes', second);
      return { type: 'contains', left, right };
    }
    if (isNumber(left) !== isNumber(right)) fail('a number cannot be compared with a text', second);
    const how = COMPARISONS[sign.text];
    if (!isNumber(left) && how !== '=' && how !== '!=')
      fail('texts can only be compared with =, != and contains', sign);
    for (const [one, other, token] of [
      [left, right, second],
      [right, left, first],
    ] as const) {
      const isKind = one.type === 'text-name' && one.name === 'kind' && other.type === 'text';
      if (isKind && !EDIT_KINDS.some((kind) => kind === other.value))
        fail(`the kinds are ${EDIT_KINDS.join(', ')}`, token);
    }
    return { type: 'compare', how, left, right };
  };
  const valueHere = (): Value => {
    const token = tokens[at];
    at += 1;
    if (token.type === 'number') return { type: 'number', value: Number(token.text) };
    if (token.type === 'text') return { type: 'text', value: token.text };
    if (token.type === 'word') {
      const word = token.text.toLowerCase();
      const name = Object.hasOwn(ALIASES, word) ? ALIASES[word] : word;
      const number = NUMBER_NAMES.find((known) => known === name);
      if (number !== undefined) return { type: 'number-name', name: number };
      const textual = TEXT_NAMES.find((known) => known === name);
      if (textual !== undefined) return { type: 'text-name', name: textual };
      if (isMeasure(token.text)) return { type: 'number-name', name: token.text };
      return fail(
        `"${token.text}" is not a known name: there are ${[...NUMBER_NAMES, ...TEXT_NAMES].join(', ')} and measures such as preserve.psnr; texts need quotes`,
        token,
      );
    }
    return fail('expected a number, a text in quotes or a name', token);
  };

  const parsed = condition();
  if (tokens[at].type !== 'end') fail('expected "and", "or" or the end');
  return parsed;
}

function isMeasure(word: string): word is MeasureName {
  return word.includes('.');
}

function isNumber({ type }: Value): boolean {
  return type === 'number' || type === 'number-name';
}
