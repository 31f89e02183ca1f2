/** Numbers of so many digits may be integers that a double cannot hold. */
const MANY_DIGITS = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Parses JSON as `JSON.parse` does, but for integers that a double cannot hold: those become texts, digit for digit, since the
 * identifiers of other people's datasets often are 64-bit integers. Throws a SyntaxError where it is no JSON.
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

/** Parses UTF-8 bytes of JSON; a byte order mark in front is passed over. Throws where they are not UTF-8, or no JSON. */
export function parseJsonBytes(bytes: Uint8Array): unknown {
  return parseJson(utf8.decode(bytes));
}

/** Texts (one that does not end goes to the end, so that nothing is looked at twice), and the numbers that Python writes and JSON does not know. */
const TEXT_OR_ODD_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"?|\bNaN\b|-?\bInfinity\b/gs;

/** What stands for such a number until the rest is parsed: no text of a file is likely to be one of these. */
const ODD_NUMBERS: ReadonlyMap<unknown, number> = new Map(
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [`\0${value}`, value]),
);

/** Parses bytes as `parseJsonBytes` does, and NaN and Infinity besides, which Python's `json` writes for numbers that are missing. */
export function parseLooseJsonBytes(bytes: Uint8Array): unknown {
  const text = utf8.decode(bytes);
  try {
    return parseJson(text);
  } catch (error) {
    // Outside of an object or a list it is no more than a line that is wrong.
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
