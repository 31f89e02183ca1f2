import { Flags } from '@oclif/core';
import type { AdapterReport } from '@rewardedit/backend-webgpu';
import { formatBytes } from '@rewardedit/core/text';
import { assertBackend, backendNames } from '../flags/backend-flag.ts';
import { BaseCommand, type OptionsOf } from '../running/base-command.ts';
import { withVariables } from '../flags/flags.ts';
import type { SelfTest } from '../doctor/self-test.ts';
import { checkJudge, judgeCheckFlags, type CheckedModel } from '../judging/judge-check.ts';
import { systemReport, type SystemReport } from '../doctor/system-report.ts';
import { formatTable } from '../output/table.ts';

/** Features of adapters that kernels make use of; `--json` has all. */
const USED_FEATURES = ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix', 'timestamp-query'];

/** What works everywhere, and must. */
const ESSENTIAL = 'onnx:cpu';

export type DoctorReport = {
  readonly system: SystemReport;
  readonly backends: readonly SelfTest[];
  /** The models of the judge that was asked about. */
  readonly models?: readonly CheckedModel[];
};

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Show what this machine can compute with, and test it.';

  static override description = `Lists versions, processor, memory and backends. Each backend computes a small network,
forwards and backwards, and is compared with a reference in double precision. The exit code is 1 where one computes wrongly,
or where the CPU, the backend of --backend or the judge of --judge cannot be used. With --judge, the judge's server is asked as well, at no cost: whether
it can be reached, takes the key and has the model, and whether it will shut the model down.`;

  static override examples = [
    { description: 'Everything that is there', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'One backend, which must work',
      command: '<%= config.bin %> <%= command.id %> --backend onnx:cuda --json',
    },
    {
      description: 'A judge, before a long run',
      command: '<%= config.bin %> <%= command.id %> --judge openai:gpt-6-luna',
    },
  ];

  static override flags = withVariables('doctor', {
    backend: Flags.string({
      summary: 'Test only this one; all that are there by default.',
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
    `Adapter    ${name} (${vendor})${software ? ', computes on the processor' : ''}`,
    `Features   ${USED_FEATURES.filter((feature) => features.includes(feature)).join(', ') || 'none that are made use of'}`,
    `Limits     ${bytes('maxBufferSize')} a buffer, ${bytes('maxStorageBufferBindingSize')} a tensor, ${limits['maxStorageBuffersPerShaderStage']} tensors a kernel`,
  ].join('\n');
}
