export { writeOnnxModels, type OnnxExport, type OnnxPort, type WrittenModel } from './export/write-onnx-models.ts';
export { createOnnxBackend, type OnnxBackendOptions } from './onnx-backend.ts';
export { availableProviders, parseProvider, PROVIDER_NAMES, type Provider } from './providers.ts';
