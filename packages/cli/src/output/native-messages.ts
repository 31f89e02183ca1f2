import { stripVTControlCharacters } from 'node:util';

/** Says of a message what it means, and not which file of which program it comes from. */
const LEFT_OUT: readonly RegExp[] = [
  // Time, level and place of ONNX Runtime's log.
  /^\d{4}-\d\d-\d\d \S+ \[\w:[^\]]*\] /,
  // The function that failed, and the condition that it had.
  /^\/.*\[ONNXRuntimeError\] : \d+ : \w+ : /,
  /\/\S+\.(?:cc|cpp|h):\d+ \S.* was (?:false|true)\. /,
  /^Warning: /,
];

const MOST_MESSAGES = 3;

/**
 * The messages in what a native library wrote to stderr, a few at most: each once, without times, colours and places in its
 * source code.
 */
export function nativeMessages(written: string): string[] {
  const lines = stripVTControlCharacters(written).split(/\r?\n/);
  // What is indented says where in the code the message above it comes from.
  const messages = lines.filter((line) => /^\S/.test(line)).map(tidyNativeMessage);
  return [...new Set(messages)].slice(0, MOST_MESSAGES);
}

/** One message, without times and places in source code. */
export function tidyNativeMessage(message: string): string {
  return LEFT_OUT.reduce((text, part) => text.replace(part, ''), message);
}
