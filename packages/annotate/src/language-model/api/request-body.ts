import { randomBytes } from 'node:crypto';
import { dataUri, type ChatApi, type ChatRequest } from './chat.ts';
import type { EncodedPicture } from './encoded-picture.ts';

/** Stands for a picture while the rest is encoded as JSON. It is random, so no question contains it. */
const PICTURE = randomBytes(16).toString('hex');

/**
 * Encodes the body of a request in UTF-8. Pictures are inserted afterwards: `JSON.stringify` would scan each of their characters, of which
 * there may be millions, and copy them twice.
 */
export function encodeBody(api: ChatApi, request: ChatRequest, model: string): Buffer {
  const pictures: EncodedPicture[] = [];
  const toMark = (picture: EncodedPicture) => {
    pictures.push(picture);
    return PICTURE;
  };
  const [first, ...rest] = JSON.stringify(api.body(request, model, toMark)).split(PICTURE);
  const pieces = [first, ...rest.flatMap((text, at) => [dataUri(pictures[at]), text])];
  const bytes = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0));
  let end = 0;
  for (const piece of pieces) end += bytes.write(piece, end);
  return bytes;
}
