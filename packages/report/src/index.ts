export { comparisonSections } from './comparison-sections.ts';
export { runSections } from './run-sections.ts';
export type { Section } from './summary-page.ts';
export { writeReport, type ReportOptions, type WrittenReport } from './write-report.ts';
