import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RewardEditError } from './errors.ts';
import { fromSystemError, isMissing } from './system-errors.ts';
import { tryParseJson } from './try-parse-json.ts';

/** The list of a folder's files with their hashes, to verify that it is complete. */
const MANIFEST_FILE = 'manifest.json';

const fingerprintSchema = z.strictObject({ bytes: z.int().nonnegative(), sha256: z.string() });
const manifestSchema = z.looseObject({ files: z.record(z.string(), fingerprintSchema) });

/** Size and SHA-256 of a file. */
export type FileFingerprint = z.infer<typeof fingerprintSchema>;

/** The manifest of a folder: its files by relative path, with `/` between folders, and additional fields. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Computes the fingerprint of data while it is streamed to a file; call `fingerprint` after all of it was consumed. */
export function fingerprinting(data: AsyncIterable<Uint8Array>): {
  data: AsyncIterable<Uint8Array>;
  fingerprint(): FileFingerprint;
} {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    data: (async function* () {
      for await (const chunk of data) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    })(),
    fingerprint: () => ({ bytes, sha256: digestOf(hash) }),
  };
}

/** Writes a file in a folder that no other process uses yet, and returns its fingerprint. */
export async function writeFingerprinted(path: string, text: string): Promise<FileFingerprint> {
  await writeFile(path, text);
  return { bytes: Buffer.byteLength(text), sha256: digestOf(createHash('sha256').update(text)) };
}

/** Returns the fingerprint of an existing file. */
export async function fingerprintOf(path: string): Promise<FileFingerprint> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return { bytes: (await stat(path)).size, sha256: digestOf(hash) };
}

/** Writes the manifest of a folder that no other process uses yet. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  await writeFile(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Verifies a folder against its manifest and returns the manifest.
 *
 * @param what name of the folder in messages: "the checkpoint".
 * @throws RewardEditError 'bad-input' with what is damaged.
 */
export async function verifyManifest(folder: string, what: string): Promise<Manifest> {
  const damaged = (reason: string) =>
    new RewardEditError('bad-input', `${what} is damaged: ${reason}`, { where: folder });
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch((error: unknown) => {
    if (isMissing(error)) throw damaged('it has no manifest');
    throw fromSystemError(error, { doing: 'read the manifest', path: folder });
  });
  const manifest = manifestSchema.safeParse(tryParseJson(text));
  if (!manifest.success) throw damaged('its manifest is invalid');
  for (const [name, expected] of Object.entries(manifest.data.files)) {
    const found = await fingerprintOf(join(folder, name)).catch((error: unknown) => {
      if (isMissing(error)) throw damaged(`${name} is missing`);
      throw fromSystemError(error, { doing: `verify ${what}`, path: folder });
    });
    if (found.bytes !== expected.bytes || found.sha256 !== expected.sha256)
      throw damaged(`${name} has changed`);
  }
  return manifest.data;
}

function digestOf(hash: Hash): string {
  return hash.digest('hex');
}
