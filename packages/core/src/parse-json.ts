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
