import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { open as openCallback, type Entry, type ZipFile } from 'yauzl';
import { PROVIDER_FILES, installedRuntime, type Runtime } from './provider-files.ts';

/** The PyPI package that contains the provider. */
const PACKAGE = 'onnxruntime-gpu';
/** The folder of its libraries in the wheel. */
const LIBRARIES = 'onnxruntime/capi/';

export interface InstalledProvider {
  readonly version: string;
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Installs ONNX Runtime's CUDA provider next to this installation's ONNX Runtime, from the `onnxruntime-gpu`
 * wheel on PyPI: onnxruntime-node's install script downloads one for another CUDA version, from a host that
 * is often out of reach. Versions must match, and each file is checked against the hash in the wheel before
 * it is put in place.
 *
 * @param wheel path of the .whl file.
 * @param runtime the target folder and its version; this installation's by default.
 * @throws RewardEditError 'bad-input' for a file that is not such a wheel, or one of another version or
 * platform; 'failed' if it cannot be written.
 */
export async function installCudaProvider(
  wheel: string,
  runtime: Runtime = installedRuntime(),
): Promise<InstalledProvider> {
  const refuse = (problem: string, hint?: string) =>
    new RewardEditError('bad-input', problem, {
      where: wheel,
      hint: hint ?? `get the wheel: pip download ${PACKAGE}==${runtime.version} --no-deps`,
    });
  if (process.platform !== 'linux')
    throw refuse('only wheels for Linux are supported', 'on Windows, use --backend onnx:dml or webgpu');
  const zip = await openWheel(wheel, refuse);
  try {
    const entries = await entriesOf(zip, refuse);
    const note = (name: string) =>
      [...entries.keys()].find((path) => new RegExp(`^[^/]+\\.dist-info/${name}$`).test(path));
    const [metadata, record, tags] = ['METADATA', 'RECORD', 'WHEEL'].map(note);
    if (metadata === undefined || record === undefined || tags === undefined)
      throw refuse('it is not a wheel');
    const read = async (path: string) => text(await streamOf(zip, entries.get(path)!));
    const field = (of: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(of)?.[1]?.trim();
    const about = await read(metadata);
    const [name, version] = [field(about, 'Name'), field(about, 'Version')];
    if (name?.replaceAll('_', '-').toLowerCase() !== PACKAGE)
      throw refuse(`it is the wheel of ${JSON.stringify(name)}, not of ${PACKAGE}`);
    if (version !== runtime.version) {
      throw refuse(
        `it is version ${version}, but the installed ONNX Runtime is ${runtime.version}: the versions must match`,
      );
    }
    const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string];
    const tag = field(await read(tags), 'Tag');
    if (machine === undefined || tag?.endsWith(machine) !== true)
      throw refuse(`it is for ${tag}, but this machine is linux ${process.arch}`);
    const hashes = new Map(
      (await read(record)).split(/\r?\n/).map((line) => {
        const [path, hash] = line.split(',');
        return [path, hash?.replace(/^sha256=/, '')];
      }),
    );
    const wanted = PROVIDER_FILES.map((file) => LIBRARIES + file);
    const absent = wanted.find((path) => !entries.has(path));
    if (absent !== undefined) throw refuse(`it has no ${absent}`);
    for (const path of wanted) {
      const target = join(runtime.folder, basename(path));
      await extract(await streamOf(zip, entries.get(path)!), target, hashes.get(path), () =>
        refuse(`${path} in it is damaged: its hash differs from the recorded one`),
      );
    }
    return { version, folder: runtime.folder, files: [...PROVIDER_FILES] };
  } finally {
    zip.close();
  }
}

type Refuse = (problem: string) => RewardEditError;

async function openWheel(path: string, refuse: Refuse): Promise<ZipFile> {
  try {
    return await promisify<string, object, ZipFile>(openCallback)(path, {
      lazyEntries: true,
      autoClose: false,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined)
      throw fromSystemError(error, { doing: 'open the wheel', path });
    throw refuse(`it is not a wheel (${error instanceof Error ? error.message : String(error)})`);
  }
}

function entriesOf(zip: ZipFile, refuse: Refuse): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      entries.set(entry.fileName, entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', (error: Error) => reject(refuse(`it is damaged (${error.message})`)));
    zip.readEntry();
  });
}

function streamOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

/** Writes a file under a temporary name and renames it once its hash is verified. */
async function extract(
  source: Readable,
  target: string,
  expected: string | undefined,
  damaged: () => RewardEditError,
): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  try {
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(temporary),
    );
    if (hash.digest('base64url') !== expected) throw damaged();
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof RewardEditError) throw error;
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw damaged();
    throw fromSystemError(error, { doing: "write ONNX Runtime's provider", path: target });
  }
}
