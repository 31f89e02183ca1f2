import { existsSync, statSync } from 'node:fs';
import { appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { REWARDS_FILE } from '@rewardedit/annotate';
import { FORMAT_NAMES, REWARDS_JOURNAL } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint } from './fingerprint.test.helper.ts';
import { runCli, runJson, startCli, temporaryFolder } from './run-cli.test.helper.ts';
import { FORMATS } from '../flags/source-flags.ts';

let folder: string;
let scenes: string;
beforeAll(async () => {
  folder = await temporaryFolder(() => undefined);
  scenes = join(folder, 'scenes');
  await runCli(['data', 'scenes', scenes, '--count', '30', '--size', '16', '--seed', '3']);
  await runCli(['annotate', scenes]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const jsonLines = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('what is written out, so that starting stays quick, is what the packages say', () => {
  expect(FORMATS).toEqual(FORMAT_NAMES);
  expect(REWARDS_JOURNAL).toBe(REWARDS_FILE);
});

describe.concurrent('data convert', () => {
  test('takes rewards along, from the journal into every format that holds them, and back', async ({
    onTestFinished,
  }) => {
    const here = await temporaryFolder(onTestFinished);
    for (const name of ['rows.jsonl', 'table.parquet', 'samples.tar']) {
      const away = await runCli(['data', 'convert', scenes, join(here, name)]);
      expect(away.exitCode).toBe(0);
      expect(away.stdout).toMatch(/has 30 triplets \(imagefolder to [a-z]+\)\.\n$/);
      const back = join(here, `back-${name.split('.')[0]}`);
      const { stderr } = await runCli(['data', 'convert', join(here, name), back]);
      expect(stderr).toContain(`Next: rewardedit train ${back} --out runs/${basename(back)}\n`);
      const [metadata, rewards] = ['metadata.jsonl', 'rewards.jsonl'].map(
        (file) => (folder: string) => readFile(join(folder, file), 'utf8'),
      );
      expect(await metadata(back)).toBe(await metadata(scenes));
      // What a judge was shown is known where it judged: a reward that came along with data cannot prove it.
      expect(await rewards(back)).toBe((await rewards(scenes)).replaceAll(/"inputs":\{[^}]*\},/g, ''));
      expect(await fingerprint(join(back, 'pictures'))).toBe(await fingerprint(join(scenes, 'pictures')));
    }
  });

  test('writes the published rewards, and reads them with the folders of pictures', async ({
    onTestFinished,
  }) => {
    const here = await temporaryFolder(onTestFinished);
    const [folders, json] = [join(here, 'ip2p'), join(here, 'RewardEdit_20K.json')];
    const to = await runCli(['data', 'convert', scenes, folders, '--to', 'instruct-pix2pix']);
    expect(to.stdout).toContain('Note: 60 pictures were converted to JPEG');
    await runCli(['data', 'convert', scenes, json, '--rewards', join(scenes, 'rewards.jsonl')]);
    const text = (await readFile(json, 'utf8')).replaceAll(
      /"scene-train-\d+-(\d+)"/g,
      (_, digits: string) => `"triplet-${digits.padStart(7, '0')}"`,
    );
    await writeFile(json, text);
    const without = await runCli(['data', 'stats', json]);
    expect(without.exitCode).toBe(2);
    expect(without.stderr).toContain('--images FOLDER');
    const { document } = await runJson(['data', 'stats', json, '--images', folders]);
    const { document: direct } = await runJson(['data', 'stats', scenes]);
    const { scores, histograms } = direct as Record<string, unknown>;
    expect(document).toMatchObject({ triplets: 30, unusable: 0, scores, histograms });
  });

  test('sets rows aside with the reason, and ends with 68', async ({ onTestFinished }) => {
    const here = await temporaryFolder(onTestFinished);
    const source = join(here, 'rows.jsonl');
    await runCli(['data', 'convert', scenes, source]);
    const row = { id: 'bad\u001B[31m', instruction: 'x', original: '../../etc/passwd', edited: 'gone.png' };
    await appendFile(source, `${JSON.stringify(row)}\n`);
    const target = join(here, 'out');
    const { exitCode, stdout, stderr } = await runCli(['data', 'convert', source, target]);
    expect(exitCode).toBe(68);
    expect(stdout).toContain('has 30 triplets');
    expect(stderr).toContain(
      'Set aside bad\\u001b[31m: the original picture: the picture name "../../etc/passwd" leads out',
    );
    expect(stderr).toContain(
      `1 of 31 rows were quarantined; see ${join(target, 'quarantine.jsonl')} for the reasons.`,
    );
    expect(stderr + stdout).not.toContain('\u001B');
    expect(await jsonLines(join(target, 'quarantine.jsonl'))).toMatchObject([
      { id: row.id, where: `${source}:31` },
    ]);
    const again = await runJson(['data', 'convert', source, target]);
    expect(again.exitCode).toBe(3);
    expect(again.document).toMatchObject({ error: { where: target } });
  });

  test('goes on after Ctrl-C or kill -9, and ends as if nothing had happened', async ({ onTestFinished }) => {
    const here = await temporaryFolder(onTestFinished);
    const source = join(here, 'many');
    await runCli(['data', 'scenes', source, '--count', '400', '--size', '16']);
    await runCli(['data', 'convert', source, join(here, 'whole')]);
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const target = join(here, signal);
      const { child, finished } = startCli(['data', 'convert', source, target]);
      const partial = join(`${target}.partial`, 'metadata.jsonl');
      while ((statSync(partial, { throwIfNoEntry: false })?.size ?? 0) === 0 && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill(signal);
      const stopped = await finished;
      expect(stopped.exitCode).toBe(signal === 'SIGINT' ? 130 : 137);
      expect(existsSync(target)).toBe(false);
      const { document } = await runJson(['data', 'convert', source, target]);
      expect(document).toMatchObject({ written: 400 });
      expect((document as { before: number }).before).toBeGreaterThan(0);
      expect(await fingerprint(target)).toBe(await fingerprint(join(here, 'whole')));
    }
    expect((await readdir(here)).filter((name) => name.includes('partial') || name.includes('lock'))).toEqual(
      [],
    );
  });

  test('fetches pictures from hosts that are named, and from no other', async ({ onTestFinished }) => {
    const here = await temporaryFolder(onTestFinished);
    const picture = await readFile(join(scenes, 'pictures', '000', '000000-original.png'));
    const server = createServer((_, response) => response.end(picture));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const row = { instruction: 'x', original: `${host}/a.png`, edited: `${host}/b.png` };
    await writeFile(join(here, 'rows.jsonl'), `${JSON.stringify(row)}\n`);
    const args = ['data', 'convert', join(here, 'rows.jsonl'), join(here, 'out')];
    const refused = await runCli([...args.slice(0, 3), join(here, 'none')]);
    expect(refused.exitCode).toBe(68);
    expect(refused.stderr).toContain(`pictures of ${host} are not fetched`);
    const allowed = await runCli([...args, '--allow-host', 'example.org', '--allow-host', host]);
    expect(allowed.exitCode).toBe(0);
    expect(await readFile(join(here, 'out', 'pictures', '000', '000000-edited.png'))).toEqual(picture);
  });

  test('says which columns there are', async ({ onTestFinished }) => {
    const here = await temporaryFolder(onTestFinished);
    const source = join(here, 'rows.jsonl');
    await writeFile(source, '{"first": "a.png", "second": "b.png", "wish": "x"}\n');
    const { exitCode, stderr } = await runCli(['data', 'convert', source, join(here, 'out')]);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('no known dataset has these columns: first, second, wish');
    expect(stderr).toContain('--columns original=before,edited=after,instruction=prompt');
    const wrong = await runCli(['data', 'convert', source, join(here, 'out'), '--columns', 'before']);
    expect(wrong.exitCode).toBe(2);
  });
});

describe.concurrent('data inspect', () => {
  test('tells what is in a dataset, and leaves it as it was', async () => {
    const before = await fingerprint(scenes);
    const { exitCode, stdout } = await runCli(['data', 'inspect', scenes, '--check-pictures']);
    expect(exitCode).toBe(0);
    for (const line of [
      /^format +imagefolder$/m,
      /^rows +30, 30 of them usable$/m,
      /^sizes +16 x 16 90$/m,
      /^scores +following 30, preserving 30, quality 30$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect(await fingerprint(scenes)).toBe(before);
  });

  test('tells what is wrong, spelt out, and ends with 68', async ({ onTestFinished }) => {
    const here = await temporaryFolder(onTestFinished);
    const row = {
      id: 'a',
      instruction: 'x\u001B[2J\n\u0007y',
      original: 'gone.png',
      edited: 'gone.png',
      ['z\u001B']: [1],
    };
    await writeFile(join(here, 'rows.jsonl'), `${JSON.stringify(row)}\n${JSON.stringify(row)}\n`);
    const { exitCode, stdout } = await runCli(['data', 'inspect', join(here, 'rows.jsonl')]);
    expect(exitCode).toBe(68);
    expect(stdout).toContain('2 unusable rows, 1 repeated ids');
    expect(stdout).toContain('Note: left out, because a triplet has no field for them: z\\u001b.');
    for (const sign of ['\u001B', '\u0007']) expect(stdout).not.toContain(sign);
    const { document } = await runJson(['data', 'inspect', join(here, 'rows.jsonl')]);
    expect(document).toMatchObject({ rows: 2, usable: 0, problems: { unusable: 2, duplicateIds: 1 } });
  });
});

describe('data filter, stats and split', () => {
  test('keep what a condition keeps, in a view that other commands take', async ({ onTestFinished }) => {
    onTestFinished(() => rm(join(scenes, 'good.jsonl'), { force: true }));
    const where = 'following >= 4 and not (kind = "style" or missing(quality))';
    const { exitCode, stdout, stderr } = await runCli([
      'data',
      'filter',
      scenes,
      '--where',
      where,
      '--out',
      'good.jsonl',
    ]);
    expect(exitCode).toBe(0);
    const kept = await jsonLines(join(scenes, 'good.jsonl'));
    const scores = new Map(
      (await jsonLines(join(scenes, 'rewards.jsonl'))).map(({ id, reward }) => [
        id,
        (reward as { scores: Record<string, number> }).scores,
      ]),
    );
    const expected = (await jsonLines(join(scenes, 'metadata.jsonl'))).filter(
      ({ id, kind }) => scores.get(id)!['following'] >= 4 && kind !== 'style',
    );
    expect(kept).toEqual(expected);
    expect(kept.length).toBeGreaterThan(0);
    expect(stdout).toContain(
      `has ${kept.length} of 30 triplets.\nLeft out: ${30 - kept.length} that do not meet the condition.`,
    );
    expect(stderr).toContain(`Next: rewardedit data stats ${join(scenes, 'good.jsonl')}`);
    const { document } = await runJson(['data', 'stats', join(scenes, 'good.jsonl')]);
    expect(document).toMatchObject({
      triplets: kept.length,
      scores: { following: { count: kept.length, missing: 0 } },
    });
  });

  test('refuse conditions and names that are wrong, before anything is read', async () => {
    const bad = await runCli(['data', 'filter', scenes, '--where', 'folowing > 3']);
    expect(bad.exitCode).toBe(2);
    expect(bad.stderr).toContain('\n  folowing > 3\n  ^\n');
    const args = ['data', 'filter', scenes, '--where', 'following > 3', '--out'];
    for (const name of ['../good.jsonl', 'metadata.jsonl', 'good.txt']) {
      expect((await runCli([...args, name])).exitCode).toBe(2);
    }
    const nothing = await runCli(['data', 'filter', scenes]);
    expect(nothing.stderr).toContain('add --where, --deduplicate or both');
  });

  test('draw histograms whose counts are all scores', async () => {
    const { exitCode, stdout } = await runCli(['data', 'stats', scenes]);
    expect(exitCode).toBe(0);
    const bins = stdout.split('\n').filter((line) => /^ +[0-5]\.[05] /.test(line));
    expect(bins).toHaveLength(11);
    const counts = bins.map((line) => [...line.matchAll(/ (\d+)(?= |$)/g)].map(([, count]) => Number(count)));
    for (const perspective of [0, 1, 2])
      expect(counts.reduce((sum, row) => sum + row[perspective], 0)).toBe(30);
    expect(stdout).toMatch(/^instruction following +\d\.\d\d +\d\.\d\d +30 +0$/m);
    expect(stdout).toMatch(/█/);
  });

  test('split without leaking, into views that can be trained with', async ({ onTestFinished }) => {
    onTestFinished(async () => {
      for (const part of ['train', 'validation', 'test'])
        await rm(join(scenes, `${part}.jsonl`), { force: true });
    });
    const { exitCode, stdout } = await runCli([
      'data',
      'split',
      scenes,
      '--test',
      '0.2',
      '--validation',
      '0.2',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Source pictures in two parts: 0.');
    const parts = await Promise.all(
      ['train', 'validation', 'test'].map((part) => jsonLines(join(scenes, `${part}.jsonl`))),
    );
    const ids = parts.flatMap((rows) => rows.map(({ id }) => String(id)));
    const all = (await jsonLines(join(scenes, 'metadata.jsonl'))).map(({ id }) => String(id));
    expect(ids.sort()).toEqual(all.sort());
    const stale = await runCli(['data', 'split', scenes]);
    expect(stale.exitCode).toBe(3);
    expect(stale.stderr).toContain('there is a validation.jsonl of another split');
    const much = await runCli(['data', 'split', scenes, '--test', '0.6', '--validation', '0.6']);
    expect(much.exitCode).toBe(2);
  });

  test('say that triplets are in no part whose pictures cannot be read', async ({ onTestFinished }) => {
    const here = join(await temporaryFolder(onTestFinished), 'data');
    await mkdir(here);
    const row = { id: 'a', instruction: 'x', original_file_name: 'gone.png', edited_file_name: 'gone.png' };
    await writeFile(join(here, 'metadata.jsonl'), `${JSON.stringify(row)}\n`);
    const { exitCode, stderr } = await runCli(['data', 'split', here]);
    expect(exitCode).toBe(68);
    expect(stderr).toContain('1 triplets are in no part');
  });
});
