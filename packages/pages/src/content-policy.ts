import { createHash } from 'node:crypto';

export interface PolicyOptions {
  /** Where pictures come from, such as `blob: data:`. */
  readonly pictures: string;
  /** Where requests may go; nowhere by default. */
  readonly requests?: string;
}

/**
 * Returns a content security policy that allows one script, one style sheet, the given pictures and requests, and nothing else:
 * whatever is in the data, none of it runs and none of it is sent away.
 */
export function contentPolicy(
  { script, styles }: { readonly script: string; readonly styles: string },
  { pictures, requests }: PolicyOptions,
): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(styles)}`,
    `img-src ${pictures}`,
    ...(requests === undefined ? [] : [`connect-src ${requests}`]),
    "base-uri 'none'",
    "form-action 'none'",
    // A page never makes elements from text; this makes it impossible.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
