import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PERSPECTIVES } from '@rewardedit/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lintWorkflow } from '../../../tools/lint-actions/lint-actions.mjs';
import { readYaml } from './read-yaml.test.helper.ts';
import { Job, repository, type Step } from './run-job.test.helper.ts';

const ACTION = './.github/actions/rewardedit';

// Runners of Windows have a bash, but the paths that it is given there are not its own; the action is for the other two.
const isWindows = process.platform === 'win32';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewardedit-action-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function rewardedit(job: Job, ...words: string[]): void {
  execFileSync(process.execPath, [join(repository, 'packages', 'cli', 'bin', 'run.js'), ...words], {
    cwd: job.workspace,
    stdio: 'pipe',
  });
}

describe.skipIf(isWindows)('the action', () => {
  test('without a command installs, and no more', () => {
    const job = new Job(folder);
    expect(job.runAction(ACTION, {})).toEqual({ result: '', 'exit-code': '' });
    expect(job.failed).toBe(false);
    expect(job.npmCalls).toEqual(['npm config get cache', 'npm run --silent build']);
    expect(job.used.map(({ action }) => action)).toEqual(['actions/setup-node', 'actions/cache']);
    expect(job.used[1].inputs['key']).toMatch(/^rewardedit-Linux-X64-[0-9a-f]{40}$/);
    expect(job.summary).toBe('');
    job.runSteps([{ run: 'rewardedit --version' }]);
    expect(job.log).toMatch(/^rewardedit\/\d/);
  });

  test('installs a version from npm, without install scripts', () => {
    const job = new Job(folder);
    job.runAction(ACTION, { version: '1.2.3', cache: 'false' });
    expect(job.npmCalls).toEqual([
      `npm install --prefix ${job.temporary}/rewardedit --ignore-scripts --no-audit --no-fund --save-exact -- rewardedit@1.2.3`,
    ]);
  });

  test('scores a dataset, shows the table, keeps the files', () => {
    const job = new Job(folder);
    rewardedit(job, 'data', 'scenes', 'two words', '--count', '6', '--fault-rate', '0');
    const { result, 'exit-code': exitCode } = job.runAction(ACTION, {
      command: 'annotate "two words" --judge oracle',
      minimum: 'following=4.5,overall=4.5',
      summary: 'Scores <of> a|b',
      'artifact-name': 'scores',
      'artifact-path': 'two words',
    });
    expect(job.log).not.toContain('::error');
    expect({ failed: job.failed, exitCode }).toEqual({ failed: false, exitCode: '0' });
    expect(result).toBe(join(job.workspace, 'rewardedit-result.json'));
    const { scores } = JSON.parse(readFileSync(result, 'utf8'));
    expect(Object.keys(scores)).toEqual(PERSPECTIVES);
    const [heading, , , , ...rows] = job.summary.trim().split('\n');
    expect(heading).toBe('### Scores &#60;of&#62; a&#124;b: passed');
    expect(rows.map((row) => row.split(' | ')[0])).toEqual([
      '| following',
      '| preserving',
      '| quality',
      '| overall',
    ]);
    expect(rows[0]).toMatch(
      new RegExp(`^\\| following \\| ${scores.following.mean.toFixed(2)} \\| 4.50 \\| .* \\| 6 \\| 0 \\|$`),
    );
    expect(job.used.at(-1)).toEqual({
      action: 'actions/upload-artifact',
      inputs: { name: 'scores', path: `${result}\ntwo words\n` },
    });
  });

  test('fails below the minimum, and keeps the files then too', () => {
    const job = new Job(folder);
    rewardedit(job, 'data', 'scenes', 'data', '--count', '12', '--fault-rate', '1');
    const inputs = { command: 'annotate ../data', 'working-directory': 'deep', result: 'out/scores.json' };
    execFileSync('mkdir', [join(job.workspace, 'deep')]);
    const { result } = job.runAction(ACTION, {
      ...inputs,
      minimum: 'overall=4.9',
      'artifact-name': 'scores',
    });
    expect(job.failed).toBe(true);
    expect(job.log).toMatch(/^::error title=rewardedit::the mean of overall is [\d.]+, below 4.9$/m);
    expect(job.summary).toContain(': failed');
    expect(result).toBe(join(job.workspace, 'deep', 'out', 'scores.json'));
    expect(job.used.at(-1)?.action).toBe('actions/upload-artifact');
  });

  test('a picture that cannot be read fails, unless missing rewards are allowed', () => {
    const job = new Job(folder);
    rewardedit(job, 'data', 'scenes', 'data', '--count', '4');
    writeFileSync(join(job.workspace, 'data', 'pictures', '000', '000001-edited.png'), 'no picture');
    const partial = job.runAction(ACTION, { command: 'annotate data', 'allow-missing': 'true' });
    expect({ failed: job.failed, code: partial['exit-code'] }).toEqual({ failed: false, code: '68' });
    job.runAction(ACTION, { command: 'annotate data' });
    expect(job.failed).toBe(true);
    expect(job.log).toContain('::error title=rewardedit::the command ended with exit code 68');
  });

  test('a command that is killed has printed no document, and fails', () => {
    const job = new Job(folder);
    writeFileSync(join(job.temporary, 'killed'), '{"scores":');
    const outcome = {
      RESULT: join(job.temporary, 'killed'),
      EXIT_CODE: '137',
      ALLOW_MISSING: 'true',
      SUMMARY: 'Scores',
    };
    job.runSteps([{ run: `node ${join(repository, ACTION, 'conclude.mjs')}`, env: outcome }]);
    expect(job.failed).toBe(true);
    expect(job.log).toContain('::error title=rewardedit::the command ended with exit code 137\n');
    expect(job.log).toContain('::error title=rewardedit::the command printed no JSON document\n');
  });

  test('a command that fails says why', () => {
    const job = new Job(folder);
    expect(job.runAction(ACTION, { command: 'annotate nowhere' })['exit-code']).toBe('3');
    expect(job.failed).toBe(true);
    expect(job.log).toMatch(/^::error title=rewardedit::the command ended with exit code 3: .*nowhere/m);
    expect(job.summary).toMatch(/^### RewardEdit: failed\n- the command ended with exit code 3/);
  });

  test.each([
    ['minimum', 'good=3', 'minimum: expected one of following'],
    ['allow-missing', 'yes', 'allow-missing: expected true or false, but got yes'],
    ['cache', '', 'cache: expected true or false, but got '],
    ['version', '1.0 --registry=x', 'version: expected source or a version of the npm package'],
  ])('refuses the %s %j before it installs anything', (name, value, message) => {
    const job = new Job(folder);
    job.runAction(ACTION, { command: 'doctor', [name]: value });
    expect(job.failed).toBe(true);
    expect(job.log).toContain(`::error title=rewardedit::${message}`);
    expect(existsSync(join(job.temporary, 'npm-calls'))).toBe(false);
  });

  describe('splits the command into words', () => {
    /** The words that `rewardedit` gets from a command. */
    function wordsOf(command: string): string[] {
      const job = new Job(folder);
      const fake = join(job.temporary, 'bin', 'rewardedit');
      writeFileSync(fake, `#!/usr/bin/env bash\nprintf '%s\\0' "$@" > "$RUNNER_TEMP/words"\necho {}\n`, {
        mode: 0o755,
      });
      const { runs } = readYaml(readFileSync(join(repository, ACTION, 'action.yml'), 'utf8')) as unknown as {
        runs: { steps: Step[] };
      };
      const run = runs.steps.filter(({ id }) => id === 'run');
      job.runSteps(run, { command, result: 'r.json', 'working-directory': '.' }, join(repository, ACTION));
      return job.failed ? [] : readFileSync(join(job.temporary, 'words'), 'utf8').split('\0').slice(0, -1);
    }

    test.each([
      ['data scenes out --count 3', ['data', 'scenes', 'out', '--count', '3']],
      [`edit 'a b.png' "it's snow"`, ['edit', 'a b.png', "it's snow"]],
      ['annotate\n  data\n  --judge oracle\n', ['annotate', 'data', '--judge', 'oracle']],
      [
        'annotate $HOME `id` $(id) *.md ~ ; id | id > x && id',
        'annotate $HOME `id` $(id) *.md ~ ; id | id > x && id'.split(' '),
      ],
      [String.raw`annotate a\ b ''`, ['annotate', 'a b', '']],
    ])('%j', (command, words) => {
      expect(wordsOf(command)).toEqual([...words, '--json']);
    });

    test('an open quote is refused', () => {
      expect(wordsOf('annotate "data')).toEqual([]);
    });
  });

  test('a text of the dataset cannot give commands to the runner', () => {
    const job = new Job(folder);
    rewardedit(job, 'data', 'scenes', 'data', '--count', '2');
    const metadata = join(job.workspace, 'data', 'metadata.jsonl');
    const hostile = JSON.stringify('\n::error::from the dataset').slice(1, -1);
    writeFileSync(metadata, readFileSync(metadata, 'utf8').replace('"id":"', `"id":"${hostile}`));
    writeFileSync(join(job.workspace, 'data', 'pictures', '000', '000000-edited.png'), 'no picture');
    job.runAction(ACTION, { command: 'annotate data' });
    // A text is printed on one line, on which it begins no command; and where it is printed, between the token and its repetition,
    // the runner takes none.
    const [, token, inside, after] = /^::stop-commands::(\S+)\n(.*)^::\1::\n(.*)$/ms.exec(job.log)!;
    expect(token.length).toBeGreaterThanOrEqual(10);
    expect(inside).toContain('::error::from the dataset');
    expect(job.log).not.toMatch(/^::error::from the dataset/m);
    expect(inside).not.toContain(`::${token}::`);
    expect(after).not.toContain('::error::from the dataset');
  });
});

describe.skipIf(isWindows)('the example workflow', () => {
  const { env, jobs } = readYaml(
    readFileSync(join(repository, '.github', 'workflows', 'score-model.yml'), 'utf8'),
  ) as unknown as { env: Record<string, string>; jobs: { score: { steps: Step[] } } };
  const { steps } = jobs.score;

  test('fails for a model that has hardly learned', { timeout: 300_000 }, () => {
    const job = new Job(folder, { ...env, TRIPLETS: '40', STEPS: '2', SCORED: '3' });
    job.runSteps(steps);
    expect(job.log).toContain('Trained 2 steps');
    expect(
      job.log.match(/^The edited picture is data\/outputs\/pictures\/000\/00000[012]-edited.png/gm),
    ).toHaveLength(3);
    expect(job.log).toMatch(/^::error title=rewardedit::the mean of following is [\d.]+, below 3$/m);
    expect(job.failed).toBe(true);
    expect(job.summary).toContain(': failed');
    expect(job.used.at(-1)?.inputs).toEqual({
      name: 'scored-edits',
      path: `${join(job.workspace, 'rewardedit-result.json')}\ndata/outputs\n`,
    });
  });

  test('passes for true edits', () => {
    const job = new Job(folder, env);
    rewardedit(
      job,
      'data',
      'scenes',
      'data/outputs',
      '--split',
      'held-out',
      '--count',
      '8',
      '--fault-rate',
      '0',
    );
    job.runSteps(steps.slice(-1));
    expect(job.log).not.toContain('::error');
    expect(job.failed).toBe(false);
    expect(job.summary).toContain(': passed');
  });
});

describe.skipIf(isWindows)('the documentation', () => {
  const documentation = readFileSync(join(repository, 'docs', 'github-action.md'), 'utf8');

  test('names every input with its default', () => {
    const { inputs } = readYaml(readFileSync(join(repository, ACTION, 'action.yml'), 'utf8')) as unknown as {
      inputs: Record<string, { default: string }>;
    };
    for (const [name, { default: value }] of Object.entries(inputs)) {
      const shown = value === '' ? 'none' : `\`${value}\``;
      const row = documentation
        .split('\n')
        .find((line) => line.startsWith('| `') && line.includes(`\`${name}\``));
      expect(row?.split('|')[2].trim()).toBe(shown);
    }
  });

  test('shows a workflow without mistakes', () => {
    const [, example] = /```yaml\n(.*?)```/s.exec(documentation)!;
    const used = /OWNER\/rewardedit\/(\.github\/actions\/rewardedit)@COMMIT # .*/;
    expect(lintWorkflow(example.replace(used, './$1'))).toEqual([]);
    const { jobs } = readYaml(example) as unknown as { jobs: { score: { steps: Step[] } } };
    const job = new Job(folder);
    rewardedit(job, 'data', 'scenes', 'data/outputs', '--count', '4', '--fault-rate', '0');
    job.runAction(ACTION, jobs.score.steps[1].with!);
    expect(job.summary).toContain(': passed');
  });
});
