import { bytes, double, encode, float, integer, message, text } from '@rewardedit/backend-onnx/protobuf';
import { crc32c } from './crc32c.ts';

/** A value of a summary: a number, a picture, or a text. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  | { readonly tag: string; readonly png: Uint8Array; readonly width: number; readonly height: number }
  | { readonly tag: string; readonly text: string };

/** TensorBoard's code for RGB pictures. */
const RGB = 3;
/** TensorFlow's code for string tensors (tensorflow/core/framework/types.proto). */
const STRING = 7;

/** The first record of an event file. */
export function versionRecord(seconds: number): Uint8Array {
  return framed(encode(double(1, seconds), text(3, 'brain.Event:2')));
}

/** An Event with a Summary (tensorflow/core/util/event.proto, framework/summary.proto). */
export function summaryRecord(seconds: number, step: number, values: readonly SummaryValue[]): Uint8Array {
  return framed(
    encode(
      double(1, seconds),
      integer(2, step),
      message(5, ...values.map((value) => message(1, ...parts(value)))),
    ),
  );
}

function parts(value: SummaryValue) {
  const tag = text(1, value.tag);
  if ('scalar' in value) return [tag, float(2, value.scalar)];
  if ('png' in value)
    return [
      tag,
      message(4, integer(1, value.height), integer(2, value.width), integer(3, RGB), bytes(4, value.png)),
    ];
  const shape = message(2, message(2, integer(1, 1)));
  // TensorBoard shows texts with a plug-in, which the metadata names.
  return [
    tag,
    message(8, integer(1, STRING), shape, text(8, value.text)),
    message(9, message(1, text(1, 'text'))),
  ];
}

/** A record of a TFRecord file: length and content, each with its masked checksum. */
function framed(content: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + content.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(content, 12);
  view.setUint32(12 + content.length, masked(crc32c(content)), true);
  return record;
}

/** Masks a checksum of data that may contain checksums (tensorflow/core/lib/hash/crc32c.h). */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
