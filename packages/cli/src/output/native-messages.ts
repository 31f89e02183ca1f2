import { stripVTControlCharacters } from 'node:util';

/** Parts to remove from a message: where it comes from, rather than what it means. */
const LEFT_OUT: readonly RegExp[] = [
  // Time, level and location in ONNX Runtime's log.
  /^\d{4}-\d\d-\d\d \S+ \[\w:[^\]]*\] /,
  // The function and the condition that failed.
  /^\/.*\[ONNXRuntimeError\] : \d+ : \w+ : /,
  /\/\S+\.(?:cc|cpp|h):\d+ \S.* was (?:false|true)\. /,
  /^Warning: /,
];

const MOST_MESSAGES = 3;

/** Extracts up to a few distinct messages from a native library's stderr, without times, colours and source locations. */
export function nativeMessages(written: string): string[] {
  const lines = stripVTControlCharacters(written).split(/\r?\n/);
  // Indented lines are source locations of the message above.
  const messages = lines.filter((line) => /^\S/.test(line)).map(tidyNativeMessage);
  return [...new Set(messages)].slice(0, MOST_MESSAGES);
}

/** Removes times and source locations from a message. */
export function tidyNativeMessage(message: string): string {
  return LEFT_OUT.reduce((text, part) => text.replace(part, ''), message);
}
