import { spawnSync } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './run-cli.test.helper.ts';

const BIN = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** What keeps a training short, where the command does not say how long it is. */
const SHORT = {
  REWARDEDIT_TRAIN_STEPS: '1',
  REWARDEDIT_TRAIN_SAMPLE_COUNT: '0',
  REWARDEDIT_TRAIN_BATCH_SIZE: '2',
};

/** Pastes a line into a shell in which `rewardedit` is the command; gives what it advises next. */
function paste(line: string, folder: string): string[] {
  const script = `rewardedit() { "${process.execPath}" "${BIN}" "$@"; }\n${line}`;
  const { PATH = '' } = process.env;
  const { status, stderr } = spawnSync('sh', ['-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...SHORT, PATH, HOME: folder },
  });
  expect(status, `${line}\n${stderr}`).toBe(0);
  return stderr
    .split('\n')
    .flatMap((text) => (text.startsWith('Next: ') ? [text.slice('Next: '.length)] : []));
}

it.skipIf(process.platform === 'win32')(
  'every command that is advised works when it is pasted, up to where nothing more is advised',
  async () => {
    // A name that a shell would take apart.
    const folder = join(await temporaryFolder(onTestFinished), "it's here");
    await mkdir(join(folder, 'own'), { recursive: true });
    const begun: string[] = [];
    const follow = (line: string) => {
      begun.push(line.split(' ').slice(1, 3).join(' '));
      for (const next of paste(line, folder)) follow(next);
    };
    follow('rewardedit data scenes scenes --count 3 --size 16');
    expect(begun).toEqual([
      'data scenes',
      'annotate scenes',
      'train scenes',
      expect.stringContaining('edit '),
    ]);
    // Scored already, so that what comes next is training.
    expect(paste('rewardedit data split scenes --test 0', folder)).toEqual([
      expect.stringMatching(/^rewardedit train .*train\.jsonl' --out runs\/train$/),
    ]);
    // Without true edits, the oracle cannot judge: what a model would cost can be told without a key.
    begun.length = 0;
    const picture = join(folder, 'scenes', 'pictures', '000', '000000-original.png');
    await rename(picture, join(folder, 'own', 'a.png'));
    const row = { id: 'a', instruction: 'make it red', original: 'a.png', edited: 'a.png' };
    await writeFile(join(folder, 'own', 'rows.jsonl'), `${JSON.stringify(row)}\n`);
    follow('rewardedit data convert own/rows.jsonl converted');
    expect(begun).toEqual(['data convert', 'annotate converted']);
    await writeFile(join(folder, 'own', 'none.jsonl'), '');
    expect(paste('rewardedit data convert own/none.jsonl empty --from jsonl', folder)).toEqual([]);
  },
  180_000,
);
