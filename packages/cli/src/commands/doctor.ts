import { Flags } from '@oclif/core';
import type { AdapterReport } from '@rewardedit/backend-webgpu';
import { formatBytes } from '@rewardedit/core/text';
import { examples } from '../flags/examples.ts';
import { assertBackend, backendNames } from '../flags/backend-flag.ts';
import { BaseCommand, type OptionsOf } from '../running/base-command.ts';
import { withVariables } from '../flags/flags.ts';
import type { SelfTest } from '../doctor/self-test.ts';
import { checkJudge, judgeCheckFlags, type CheckedModel } from '../judging/judge-check.ts';
import { systemReport, type SystemReport } from '../doctor/system-report.ts';
import { formatTable } from '../output/table.ts';

/** Adapter features that kernels use; `--json` lists all. */
const USED_FEATURES = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix', 'timestamp-query'];

/** Works on every machine, so its failure is an error. */
const ESSENTIAL = 'onnx:cpu';

export type DoctorReport = {
  readonly system: SystemReport;
  readonly backends: readonly SelfTest[];
  /** The models of the judge of --judge. */
  readonly models?: readonly CheckedModel[];
};

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Show which backends this machine has, and test them.';

  static override description = `Lists versions, processor, memory and backends. Each backend runs a small network forward and backward, and the results are
compared with a double-precision reference. The exit code is 1 if a backend computes wrong results, or if the CPU, the backend of --backend
or the judge of --judge cannot be used. With --judge, also checks at no cost whether the judge's server can be reached, accepts the API
key and has the model, and whether the model is about to be shut down.`;

  static override examples = examples({
    'All backends': '',
    'One backend, which has to work': '--backend onnx:cuda --json',
    'A judge, before a long run': '--judge openai:gpt-6-luna',
  });

  static override flags = withVariables('doctor', {
    backend: Flags.string({
      summary: 'Test only this backend; all of this machine by default.',
      helpValue: 'NAME',
    }),
    ...judgeCheckFlags,
  });

  protected async work(_args: object, options: OptionsOf<typeof Doctor>): Promise<DoctorReport> {
    const { backend } = options;
    const { selfTestApart } = await import('../doctor/self-test-apart.ts');
    if (backend !== undefined) await assertBackend(backend);
    const system = systemReport(this.config.version);
    const names = backend === undefined ? await backendNames() : [backend];
    const backends: SelfTest[] = [];
    for (const name of names) backends.push(await selfTestApart(name));
    this.log(describeSystem(system));
    this.log(
      `\n${formatTable(['backend', 'self-test', 'largest error', 'seconds'], backends.map(describeTest))}`,
    );
    for (const { backend: name, problem } of backends)
      if (problem !== undefined) this.log(`\n${name} is not available: ${problem}`);
    for (const { adapters = [] } of backends)
      for (const adapter of adapters) this.log(`\n${describeAdapter(adapter)}`);
    const required = backend ?? ESSENTIAL;
    const broken = backends.filter(
      ({ outcome, backend: name }) => outcome === 'failed' || (outcome !== 'passed' && name === required),
    );
    const models =
      options.judge === undefined
        ? undefined
        : await checkJudge(options.judge, options, (name) => this.isTyped(name));
    for (const { line } of models ?? []) this.log(`\n${line}`);
    for (const { warning } of models ?? []) if (warning !== undefined) this.note(`Warning: ${warning}`);
    if (broken.length > 0 || models?.some(({ ok }) => !ok) === true) process.exitCode = 1;
    return { system, backends, ...(models !== undefined && { models }) };
  }
}

function describeSystem({ rewardedit, node, system, processor, threads, memory }: SystemReport): string {
  return [
    `Versions   rewardedit ${rewardedit}, Node ${node}`,
    `System     ${system}`,
    `Processor  ${processor}, ${threads} threads`,
    `Memory     ${formatBytes(memory.freeBytes)} free of ${formatBytes(memory.totalBytes)}`,
  ].join('\n');
}

function describeTest({ backend, outcome, largestError, seconds }: SelfTest): string[] {
  const error = largestError?.toExponential(1) ?? '';
  return [backend, outcome, error, seconds?.toFixed(2) ?? ''];
}

function describeAdapter({ name, vendor, software, features, limits }: AdapterReport): string {
  const bytes = (limit: string) => formatBytes(limits[limit]);
  return [
    `Adapter    ${name} (${vendor})${software ? ', runs on the CPU' : ''}`,
    `Features   ${USED_FEATURES.filter((feature) => features.includes(feature)).join(', ') || 'none that are used'}`,
    `Limits     ${bytes('maxBufferSize')} per buffer, ${bytes('maxStorageBufferBindingSize')} per tensor, ${limits['maxStorageBuffersPerShaderStage']} tensors per kernel`,
  ].join('\n');
}
