/** What calls took, or may take. */
export type Amount = { readonly calls: number; readonly tokens: number; readonly dollars: number };

export const NOTHING: Amount = { calls: 0, tokens: 0, dollars: 0 };

export function plus(a: Amount, b: Amount): Amount {
  return { calls: a.calls + b.calls, tokens: a.tokens + b.tokens, dollars: a.dollars + b.dollars };
}

export function minus(a: Amount, b: Amount): Amount {
  return { calls: a.calls - b.calls, tokens: a.tokens - b.tokens, dollars: a.dollars - b.dollars };
}
