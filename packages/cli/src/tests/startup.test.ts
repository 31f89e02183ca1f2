import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Loaded before the command: prints every module that is. */
const HOOK = `import { registerHooks } from 'node:module';
registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;

it('loads nothing that works before it is known what is to be done', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(HOOK)}`, BIN, '--version'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  const loaded = stderr.split('\n');
  expect(loaded.length).toBeGreaterThan(100);
  // Of core, only what writes texts; schemas alone would take a fifth of the time.
  const heavy =
    /\/(?:zod|sharp|onnxruntime-node|ink|echarts|openai)\/|packages\/(?!cli\/|core\/)|core\/dist\/index/;
  expect(loaded.filter((url) => heavy.test(url))).toEqual([]);
});
