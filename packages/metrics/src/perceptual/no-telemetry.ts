/** ONNX Runtime sends telemetry and stores an identifier in the user's home folder, unless this is set before it is loaded. */
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
