/**
 * Without this setting, ONNX Runtime sends usage data to its vendor and stores an identifier in the user's
 * home folder. It must be set in the main thread before the runtime is loaded, so modules that load the
 * runtime import this one first.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
