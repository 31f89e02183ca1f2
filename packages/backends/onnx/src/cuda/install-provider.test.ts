import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCudaProvider } from './install-provider.ts';
import { assertCudaIsThere, isLoadable } from './libraries.ts';
import { PROVIDER_FILES, findProvider, installedRuntime } from './provider-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cuda-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A ZIP archive with compressed files, like a wheel. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(content)];
    const packed = deflateRawSync(bytes);
    // Version, flags, method 8, time, date, checksum, both sizes, length of the name, and of the extra field.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, path, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, path]));
    parts.push(local);
    at += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}

const MACHINE = { x64: 'x86_64', arm64: 'aarch64' }[process.arch as string] ?? 'unknown';
const CAPI = 'onnxruntime/capi/libonnxruntime_providers_';

let count = 0;
async function wheel({
  name = 'onnxruntime-gpu',
  version = '1.30.0',
  machine = MACHINE,
  damage = '',
} = {}): Promise<string> {
  const libraries = { [`${CAPI}cuda.so`]: 'the provider', [`${CAPI}shared.so`]: 'what it shares' };
  const hash = (content: string) => createHash('sha256').update(content).digest('base64url');
  const path = join(folder, `${count++}.whl`);
  const record = Object.entries(libraries).map(
    ([file, content]) => `${file},sha256=${hash(content)},${content.length}`,
  );
  await writeFile(
    path,
    zipOf({
      ...libraries,
      ...(damage !== '' && { [`${CAPI}cuda.so`]: damage }),
      'onnxruntime/capi/other.so': 'not taken',
      'x.dist-info/METADATA': `Metadata-Version: 2.4\nName: ${name}\nVersion: ${version}\n\nName: something else\n`,
      'x.dist-info/WHEEL': `Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_27_${machine}\n`,
      'x.dist-info/RECORD': [...record, 'x.dist-info/RECORD,,'].join('\r\n'),
    }),
  );
  return path;
}

describe.skipIf(process.platform !== 'linux')('installing the CUDA provider from a wheel', () => {
  const place = async () => {
    const to = join(folder, `to-${count++}`);
    await mkdir(to);
    return { version: '1.30.0', folder: to };
  };

  it('copies the provider next to ONNX Runtime, and nothing else', async () => {
    const to = await place();
    expect(findProvider(to)).toBeUndefined();
    expect(await installCudaProvider(await wheel(), to)).toMatchObject({
      version: '1.30.0',
      folder: to.folder,
    });
    expect(findProvider(to)).toBe(to.folder);
    expect((await readdir(to.folder)).toSorted()).toEqual([
      'libonnxruntime_providers_cuda.so',
      'libonnxruntime_providers_shared.so',
    ]);
    expect(await readFile(join(to.folder, 'libonnxruntime_providers_cuda.so'), 'utf8')).toBe('the provider');
  });

  it.each([
    [
      'another version',
      { version: '1.29.0' },
      'it is version 1.29.0, but the installed ONNX Runtime is 1.30.0',
    ],
    ['another package', { name: 'onnxruntime' }, 'the wheel of "onnxruntime", not of onnxruntime-gpu'],
    ['another machine', { machine: 'riscv64' }, 'it is for cp311-cp311-manylinux_2_27_riscv64'],
    ['another content', { damage: 'damaged' }, `${CAPI}cuda.so in it is damaged`],
  ])('rejects %s', async (_, wrong, message) => {
    const to = await place();
    const path = await wheel(wrong);
    await expect(installCudaProvider(path, to)).rejects.toMatchObject({ code: 'bad-input', where: path });
    await expect(installCudaProvider(path, to)).rejects.toThrow(message);
    expect((await readdir(to.folder)).filter((name) => name.includes('cuda'))).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['no archive', 'x'.repeat(100)],
    ['an archive without metadata', zipOf({ a: 'b' })],
  ])('rejects a file with %s', async (_, content) => {
    const path = join(folder, `${count++}.whl`);
    await writeFile(path, content);
    await expect(installCudaProvider(path, await place())).rejects.toMatchObject({
      code: 'bad-input',
      where: path,
    });
    const absent = join(folder, 'absent.whl');
    await expect(installCudaProvider(absent, await place())).rejects.toMatchObject({ where: absent });
  });
});

describe.skipIf(process.platform !== 'linux')('libraries of CUDA', () => {
  it('are found by the loader', () => {
    expect(isLoadable('libm.so.6')).toBe(true);
    expect(isLoadable('libnothing-of-this-name.so.1')).toBe(false);
  });

  it('are named if missing', async () => {
    expect(installedRuntime().version).toMatch(/^1\.30\./);
    const runtime = { version: '', folder: await mkdtemp(join(folder, 'runtime-')) };
    expect(() => assertCudaIsThere([], runtime)).toThrow('provider is not installed');
    for (const file of PROVIDER_FILES) await writeFile(join(runtime.folder, file), '');
    const libraries = [
      { file: 'libnothing.so.1', from: "NVIDIA's driver" },
      { file: 'libm.so.6', from: 'CUDA 13' },
      { file: 'libnothing.so.9', from: 'cuDNN 9' },
    ];
    expect(() => assertCudaIsThere(libraries, runtime)).toThrow(
      "lacks NVIDIA's driver (libnothing.so.1); cuDNN 9 (libnothing.so.9)",
    );
    expect(() => assertCudaIsThere(libraries.slice(1, 2), runtime)).not.toThrow();
  });
});
