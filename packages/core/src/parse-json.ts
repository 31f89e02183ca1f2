/** Integers with this many digits may not be exact as a double. */
const MANY_DIGITS = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Parses JSON like `JSON.parse`, except that integers a double cannot represent become strings of their digits, since datasets often have 64-bit
 * integers as ids. Throws SyntaxError if it is not valid JSON.
 */
export function parseJson(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text) as unknown;
  const withSource: (key: string, value: unknown, context?: { readonly source?: string }) => unknown = (
    _key,
    value,
    context,
  ) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && INTEGER.test(source) && String(value) !== source ? source : value;
  };
  return JSON.parse(text, withSource) as unknown;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses JSON in UTF-8, with or without a byte order mark. Throws TypeError if it is not UTF-8, SyntaxError if it is not valid JSON. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return parseJson(utf8.decode(bytes));
}

/** Strings (an unterminated one extends to the end, so that matching is linear), and Python's numbers that JSON lacks. */
const TEXT_OR_ODD_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"?|\bNaN\b|-?\bInfinity\b/gs;

/** Placeholders for such numbers during parsing, which no file is likely to contain. */
const ODD_NUMBERS: ReadonlyMap<unknown, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [`\0${value}`, value]),
);

/** Like `parseJsonBytes`, but also accepts NaN and Infinity, which Python's `json` writes. */
export function parseLooseJsonBytes(bytes: Uint8Array): unknown {
  const text = utf8.decode(bytes);
  try {
    return parseJson(text);
  } catch (error) {
    // Only inside of an object or a list.
    if (!/^\s*[[{].*(?:NaN|Infinity)/s.test(text)) throw error;
    const known = text.replaceAll(TEXT_OR_ODD_NUMBER, (found) =>
      found.startsWith('"') ? found : JSON.stringify(`\0${found}`),
    );
    return withOddNumbers(parseJson(known));
  }
}

function withOddNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOddNumbers);
  if (typeof value !== 'object' || value === null) return ODD_NUMBERS.get(value) ?? value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withOddNumbers(inner)]));
}
