export { measurePreserving, preserveMeasures, type PreservingMeasure } from './measure-preserving.ts';
