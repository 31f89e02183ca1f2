/**
 * ONNX Runtime tells its maker about its use, and leaves an identifier in the user's home, unless this is set. It has to be set
 * in the main thread, before the runtime is loaded: imported above it by the modules that load it.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
