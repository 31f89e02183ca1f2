import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readYaml } from './read-yaml.test.helper.ts';

export type Step = {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'working-directory'?: string;
};

type Outputs = Readonly<Record<string, string>>;
type Context = {
  readonly inputs: Outputs;
  readonly outputs: Record<string, Outputs>;
  readonly outcomes: Record<string, 'success' | 'failure'>;
};

export const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** What GitHub would do with some steps, on this machine: scripts and this repository's actions are run, actions of others are noted. */
export class Job {
  readonly workspace: string;
  readonly temporary: string;
  /** The actions of others that were used, with their inputs. */
  readonly used: { readonly action: string; readonly inputs: Outputs }[] = [];
  /** What the steps printed, on both streams, as the runner gets it. */
  log = '';
  failed = false;
  private readonly environment: Readonly<Record<string, string>>;

  constructor(folder: string, environment: Readonly<Record<string, string>> = {}) {
    this.workspace = join(folder, 'workspace');
    this.temporary = join(folder, 'temporary');
    mkdirSync(this.workspace, { recursive: true });
    mkdirSync(this.temporary, { recursive: true });
    this.environment = environment;
    // An npm that installs and builds nothing: what it was called with is noted, and the built packages of this repository are there.
    const npm = join(this.temporary, 'bin', 'npm');
    mkdirSync(dirname(npm));
    writeFileSync(npm, `#!/usr/bin/env bash\necho "npm $*" >> "$RUNNER_TEMP/npm-calls"\n`);
    chmodSync(npm, 0o755);
    writeFileSync(this.file('path'), `${dirname(process.execPath)}\n${dirname(npm)}\n`);
  }

  get summary(): string {
    return existsSync(this.file('summary')) ? readFileSync(this.file('summary'), 'utf8') : '';
  }

  get npmCalls(): string[] {
    return readFileSync(this.file('npm-calls'), 'utf8').trim().split('\n');
  }

  /** Runs an action of this repository. Returns its outputs. */
  runAction(path: string, inputs: Outputs): Outputs {
    const folder = join(repository, path);
    const action = readYaml(readFileSync(join(folder, 'action.yml'), 'utf8')) as unknown as {
      inputs: Record<string, { default?: string }>;
      outputs: Record<string, { value: string }>;
      runs: { steps: Step[] };
    };
    const unknown = Object.keys(inputs).filter((name) => !(name in action.inputs));
    if (unknown.length > 0) throw new Error(`${path} has no input ${unknown.join(', ')}`);
    const defaults = Object.entries(action.inputs).map(([name, one]) => [name, one.default ?? '']);
    const context = this.runSteps(action.runs.steps, { ...Object.fromEntries(defaults), ...inputs }, folder);
    const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, fill(value, context)]);
    return Object.fromEntries(outputs) as Outputs;
  }

  /** Runs steps, one after the other. */
  runSteps(steps: readonly Step[], inputs: Outputs = {}, actionFolder = ''): Context {
    const context: Context = { inputs, outputs: {}, outcomes: {} };
    for (const step of steps) {
      if (!this.applies(step.if, context)) continue;
      const given = fillAll(step.with, context);
      if (step.uses?.startsWith('./') === true) this.runAction(step.uses, given);
      else if (step.uses !== undefined) this.used.push({ action: step.uses.split('@')[0], inputs: given });
      else this.runScript(step, context, actionFolder);
    }
    return context;
  }

  private runScript(step: Step, context: Context, actionFolder: string): void {
    const output = this.file('output');
    writeFileSync(output, '');
    const added = readFileSync(this.file('path'), 'utf8').trim().split('\n').toReversed();
    const { status, stdout } = spawnSync(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', `exec 2>&1\n${step.run}`],
      {
        cwd: join(this.workspace, fill(step['working-directory'] ?? '.', context)),
        encoding: 'utf8',
        env: {
          HOME: this.temporary,
          PATH: [...added, process.env['PATH']].join(':'),
          RUNNER_TEMP: this.temporary,
          RUNNER_OS: 'Linux',
          RUNNER_ARCH: 'X64',
          GITHUB_ACTION_PATH: actionFolder,
          GITHUB_OUTPUT: output,
          GITHUB_PATH: this.file('path'),
          GITHUB_STEP_SUMMARY: this.file('summary'),
          ...this.environment,
          ...fillAll(step.env, context),
        },
      },
    );
    this.log += stdout;
    if (status !== 0) this.failed = true;
    const lines = readFileSync(output, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    if (step.id === undefined) return;
    context.outcomes[step.id] = status === 0 ? 'success' : 'failure';
    context.outputs[step.id] = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  }

  /** Whether a step runs: comparisons with texts, joined by `&&`; one that does not name the job's state runs until a step fails. */
  private applies(condition: string | undefined, context: Context): boolean {
    const parts = (condition ?? '')
      .replace(/^\$\{\{(.*)\}\}$/, '$1')
      .split('&&')
      .map((part) => part.trim());
    if (this.failed && !parts.includes('!cancelled()')) return false;
    return parts.every((part) => {
      if (part === '' || part === '!cancelled()') return true;
      const [, name, comparison, text] = /^(\S+) ([!=]=) '(.*)'$/.exec(part)!;
      return (valueOf(name, context) === text) === (comparison === '==');
    });
  }

  private file(name: string): string {
    return join(this.temporary, name);
  }
}

function fillAll(texts: Readonly<Record<string, string>> = {}, context: Context): Outputs {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text, context)]));
}

function fill(text: string, context: Context): string {
  return text.replaceAll(/\$\{\{ (\S+) \}\}/g, (_whole, name: string) => valueOf(name, context));
}

function valueOf(name: string, { inputs, outputs, outcomes }: Context): string {
  const [, input] = /^inputs\.([\w-]+)$/.exec(name) ?? [];
  if (input !== undefined) return inputs[input];
  const [, step, output] = /^steps\.([\w-]+)\.outputs\.([\w-]+)$/.exec(name) ?? [];
  if (output !== undefined) return outputs[step]?.[output] ?? '';
  const [, finished] = /^steps\.([\w-]+)\.outcome$/.exec(name) ?? [];
  if (finished !== undefined) return outcomes[finished] ?? 'skipped';
  throw new Error(`${name} is not known here`);
}
