export { assemblePage, type PageParts } from './assemble-page.ts';
export { pageScript, type PageScript } from './page-script.ts';
export { contentPolicy, type PolicyOptions } from './content-policy.ts';
export { SHARED_STYLES, readStyles, type SharedStyle } from './styles.ts';
