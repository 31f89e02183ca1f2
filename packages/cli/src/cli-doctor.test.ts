import { expect, test } from 'vitest';
import type { DoctorReport } from './commands/doctor.ts';
import { runCli, runJson } from './run-cli.test.helper.ts';

test('the CPU computes rightly', async () => {
  const { exitCode, document } = await runJson<DoctorReport>(['doctor', '--backend', 'onnx:cpu']);
  expect(exitCode).toBe(0);
  expect(document.system.node).toBe(process.versions.node);
  expect(document.backends).toHaveLength(1);
  expect(document.backends[0]).toMatchObject({ backend: 'onnx:cpu', outcome: 'passed' });
  expect(document.backends[0].largestError).toBeLessThan(1e-4);
});

test('tells people what is there, and what works', async () => {
  const { exitCode, stdout } = await runCli(['doctor', '--backend', 'onnx:cpu']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Memory +[\d.]+ GB free of [\d.]+ GB$/m);
  expect(stdout).toMatch(/^onnx:cpu +passed +\d\.\de-\d+ +\d+\.\d\d$/m);
});
