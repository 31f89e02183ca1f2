import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startJudgeServer } from '@rewardedit/annotate/testing';
import { encodePicture, readAlpha, readPicture, resizePicture } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EditReport, EditsReport } from '../editing/edit-report.ts';
import { runCli, runJson } from './run-cli.test.helper.ts';

const PHOTO = fileURLToPath(new URL('../../assets/photos/held-out/kodak-22.jpg', import.meta.url));
const FAST = ['--steps', '1', '--threads', '1'];

/** A tiny InstructPix2Pix pipeline of diffusers. */
const LATENTS = fileURLToPath(
  new URL('../../../../../shared/fixtures/reference/ip2p-pipeline-tiny', import.meta.url),
);
const hasLatents = existsSync(LATENTS);
if (!hasLatents) process.stderr.write(`No model on latents is edited with: there is no ${LATENTS}.\n`);

let folder: string;
const at = (name: string) => join(folder, name);
const lines = async (name: string) => {
  const text = await readFile(at(name), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-edit-'));
  await mkdir(at('in'));
  const small = await resizePicture(await readPicture(PHOTO), { width: 60, height: 40 });
  const alpha = { width: 60, height: 40, data: new Uint8Array(2400).fill(100) };
  await writeFile(at('in/a.png'), await encodePicture(small, { format: 'png' }));
  await writeFile(at('in/clear.png'), await encodePicture(small, { format: 'png', alpha }));
  await writeFile(at('in/broken.jpg'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true }));

describe('edit', () => {
  test('a folder: sets aside by name, goes on where it was, and gives what one edit gives', async () => {
    const command = ['edit', at('in'), 'make it warmer', '--out', at('out'), '--format', 'webp', ...FAST];
    const first = await runJson(command);
    expect(first.exitCode).toBe(68);
    const report = first.document as EditsReport;
    expect(report).toMatchObject({ jobs: 3, before: 0, setAside: [{ id: 'broken.jpg' }] });
    expect(await lines('out/quarantine.jsonl')).toMatchObject([{ id: 'broken.jpg' }]);
    expect((await readAlpha(at('out/clear.webp')))?.data.every((value) => value === 100)).toBe(true);

    // One edit with the seed of a job, in the same format.
    const [a] = await lines('out/edits.jsonl');
    const { settings } = a['record'] as EditReport;
    const one = ['edit', at('in/a.png'), 'make it warmer', '--out', at('one.webp'), ...FAST];
    await runCli([...one, '--seed', String(settings.seed)]);
    const [alone, among] = await Promise.all(
      [at('one.webp'), at('out/a.webp')].map((path) => readPicture(path)),
    );
    expect(Buffer.from(alone.data).equals(Buffer.from(among.data))).toBe(true);

    await rm(at('out/a.webp'));
    await rm(at('in/broken.jpg'));
    const again = await runJson(command);
    expect(again.exitCode).toBe(0);
    expect(again.document).toMatchObject({ jobs: 2, before: 1, edits: [{ id: 'a.png' }], setAside: [] });
  });

  test('the best of several, as a judge scores them; asked again, it makes and asks nothing', async ({
    onTestFinished,
  }) => {
    const server = await startJudgeServer();
    onTestFinished(() => server.close());
    const command = [
      ...['edit', at('in/a.png'), 'make it colder', '--out', at('best.png'), '--best-of', '3', ...FAST],
      ...['--judge', 'compatible:m', '--base-url', server.url],
    ];
    const { exitCode, document } = await runJson(command);
    expect(exitCode).toBe(0);
    const { bestOf, settings } = document as EditReport;
    expect(bestOf).toMatchObject({
      judge: { name: 'compatible:m' },
      edits: [{ seed: 0 }, { seed: 1 }, { seed: 2 }],
    });
    const overall = bestOf!.edits.map((each) => each.overall!);
    expect(bestOf!.edits[overall.indexOf(Math.max(...overall))].seed).toBe(settings.seed);
    expect(server.calls).toHaveLength(3);
    expect(await lines('best-candidates/rewards.jsonl')).toHaveLength(3);
    const inside = await runJson(['settings', at('best.png')]);
    expect(inside.document).toMatchObject({ bestOf, settings });
    await runCli(command);
    expect(server.calls).toHaveLength(3);

    // Another judge: what edit says is to be done names options that it has, and works.
    const other = command.map((word) => (word === 'compatible:m' ? 'compatible:n' : word));
    const refused = await runCli(other);
    expect(refused.exitCode).toBe(3);
    const [, file, advice] = /where: (.*)\n.*what to do: (.*)/.exec(refused.stderr)!;
    expect(advice).toBe('choose another --out, or remove this file to judge its edits again');
    const edits = await readdir(at('best-candidates/edits'));
    await rm(file);
    const anew = await runJson(other);
    expect(anew.document).toMatchObject({ bestOf: { judge: { name: 'compatible:n' } } });
    expect(await readdir(at('best-candidates/edits'))).toEqual(edits);
  });

  test('a sweep is one labelled picture; what it says of itself makes it again', async () => {
    const swept = ['--sweep', 'text-guidance=1,3', '--sweep', 'seed=0,1', '--crop', 'square'];
    const command = ['edit', at('in/a.png'), 'make it colder', '--out', at('sweep.png'), ...swept, ...FAST];
    const { document } = await runJson(command);
    expect(document).toMatchObject({ sweep: ['text-guidance=1,3', 'seed=0,1'], crop: 'square' });
    const { stdout } = await runCli(['settings', at('sweep.png')]);
    expect(stdout).toContain(
      `--crop square --sweep text-guidance=1,3 --sweep seed=0,1 -- a.png 'make it colder'`,
    );
    const refused = await runCli(
      [...command, '--sweep', 'following=0..5'].filter((word) => !word.includes('=0,1')),
    );
    expect(refused.exitCode).toBe(2);
  });

  test.skipIf(!hasLatents)(
    'an InstructPix2Pix model: by its own rule, and back in the size of the picture',
    async () => {
      const command = [
        'edit',
        at('in/clear.png'),
        'make it snowy',
        '--out',
        at('snowy.webp'),
        '--threads',
        '1',
      ];
      const { document } = await runJson([
        ...command,
        '--model',
        LATENTS,
        '--steps',
        '2',
        '--resolution',
        '100',
      ]);
      expect(document).toMatchObject({ width: 60, height: 40, resolution: 100 });
      expect(document).toMatchObject({ settings: { textScale: 7.5, imageScale: 1.5 } });
      expect((await readAlpha(at('snowy.webp')))?.data[0]).toBe(100);
    },
  );

  test.each([
    [['--best-of', '2'], 2, '--best-of'],
    [['--best-of', '2', '--judge', 'oracle'], 2, '--judge'],
    [['--variations', '2', '--sweep', 'seed=0,1'], 2, '--'],
    [['--crop', '999x1'], 3, '--crop'],
    [['--size', '64', '--resolution', '64'], 2, '--'],
  ])('is refused with %j', async (words, code, where) => {
    const { exitCode, stderr } = await runCli(['edit', at('in/a.png'), 'x', '--out', at('no.png'), ...words]);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(where);
  });
});

test('judge scores one edit as annotate does', async ({ onTestFinished }) => {
  const server = await startJudgeServer();
  onTestFinished(() => server.close());
  const words = ['judge', 'edit', at('in/a.png'), at('in/a.png'), 'make it red', '--judge', 'compatible:m'];
  const options = ['--base-url', server.url, '--cache-dir', at('replies')];
  const { exitCode, document } = await runJson([...words, ...options]);
  expect(exitCode).toBe(0);
  expect(document).toMatchObject({ judge: { name: 'compatible:m' }, spending: { calls: 1 } });
  expect(Object.keys((document as { reward: { scores: object } }).reward.scores)).toHaveLength(3);
});
