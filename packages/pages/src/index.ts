export { assemblePage, fillPlaces, type PageParts } from './assemble-page.ts';
export { escapeHtml, jsonForScript } from './escape-html.ts';
export { pageScript, type PageScript } from './page-script.ts';
export { contentPolicy, type PolicyOptions } from './content-policy.ts';
export { readStyles } from './styles.ts';
