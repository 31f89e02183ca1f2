/** What stands in a page's outline. */
export interface PageParts {
  readonly styles: string;
  readonly script: string;
}

/** Puts a page together: one HTML document that needs nothing else. The outline has an empty `style` and an empty `script` element. */
export function assemblePage(outline: string, { styles, script }: PageParts): string {
  return outline
    .replace('<style></style>', () => `<style>${styles}</style>`)
    .replace('<script></script>', () => `<script>${script}</script>`);
}
