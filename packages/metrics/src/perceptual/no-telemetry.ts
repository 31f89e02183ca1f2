/**
 * ONNX Runtime tells its maker about its use, and leaves an identifier in the user's home, unless this is set before it is loaded.
 */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
