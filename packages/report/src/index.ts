export { datasetCard, type DatasetAgreement, type DatasetCardOptions } from './cards/dataset-card.ts';
export { modelCard, type ModelCardOptions } from './cards/model-card.ts';
export { comparisonSections } from './comparison-sections.ts';
export { type DatasetFindings } from './dataset/dataset-sections.ts';
export { writeDatasetReport } from './dataset/write-dataset-report.ts';
export { runSections } from './run-sections.ts';
export type { Section } from './summary-page.ts';
export { writeReport, type ReportOptions, type WrittenReport } from './write-report.ts';
