export { openForeignModel, type ForeignModel } from './foreign-model.ts';
export { createOnnxBackend, type OnnxBackendOptions } from './onnx-backend.ts';
export { availableProviders, parseProvider, PROVIDER_NAMES, type Provider } from './providers.ts';
