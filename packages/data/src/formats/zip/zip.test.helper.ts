import { crc32, deflateRawSync } from 'node:zlib';

/** What a zip says of a file in it, where that is other than the truth. */
export type ZipClaims = {
  readonly encrypted?: boolean;
  readonly link?: boolean;
  readonly method?: number;
  readonly unpackedBytes?: number;
  readonly crc?: number;
};

/** A zip of files, each deflated; written here, since programs that make zips make no hostile ones. */
export function zipOf(
  files: Readonly<Record<string, Uint8Array | string>> | readonly (readonly [string, Uint8Array | string])[],
  claims: ZipClaims = {},
): Buffer {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  const entries = Array.isArray(files)
    ? (files as readonly (readonly [string, Uint8Array | string])[])
    : Object.entries(files);
  for (const [name, content] of entries) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const [nameBytes, common] = [Buffer.from(name), Buffer.alloc(26)];
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (claims.encrypted === true ? 1 : 0), 2);
    common.writeUInt16LE(claims.method ?? 8, 4);
    common.writeUInt32LE(claims.crc ?? crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claims.unpackedBytes ?? bytes.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(claims.link === true ? (0o120777 << 16) >>> 0 : 0, 6);
    rest.writeUInt32LE(offset, 10);
    const body = Buffer.concat([Buffer.from('PK\u0003\u0004'), common, nameBytes, packed]);
    directory.push(Buffer.from('PK\u0001\u0002\u0014\0'), common, rest, nameBytes);
    bodies.push(body);
    offset += body.length;
  }
  const index = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(index.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, index, end]);
}
