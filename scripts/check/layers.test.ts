import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from './program.ts';

const root = path.resolve(import.meta.dirname, '../..');
const restricted = 'no-restricted-imports';

/** A line planted in a file, and the lint rule that must fire there; undefined for what is allowed. */
const faults: readonly (readonly [file: string, line: string, rule: string | undefined])[] = [
  ['src/kit/a.ts', "import '../errors/index.ts';", restricted],
  ['src/errors/a.ts', "import '../model/index.ts';", restricted],
  ['src/model/a.ts', "import '../ports/index.ts';", restricted],
  ['src/ports/a.ts', "import '../spec/index.ts';", restricted],
  ['src/spec/a.ts', "import '../contract/index.ts';", restricted],
  ['src/contract/a.ts', "import '../run/index.ts';", restricted],
  ['src/stack/a.ts', "import '../plan/index.ts';", restricted],
  ['src/plan/a.ts', "import '../run/index.ts';", restricted],
  ['src/plan/container/b.ts', "import '../../run/index.ts';", restricted],
  ['src/run/a.ts', "import '../docker/index.ts';", restricted],
  ['src/run/a.ts', "import '../plan/index.ts';", undefined],
  ['src/run/a.ts', "import '../plan/order.ts';", restricted],
  ['src/run/a.ts', "import '../plan/container/index.ts';", undefined],
  ['src/run/a.ts', "import '../plan/container/c.ts';", restricted],
  ['src/docker/a.ts', "import '../haproxy/index.ts';", restricted],
  ['src/haproxy/a.ts', "import '../docker/index.ts';", restricted],
  ['src/build/a.ts', "import '../registry/index.ts';", restricted],
  ['src/registry/a.ts', "import '../store/index.ts';", restricted],
  ['src/certificates/a.ts', "import '../host/index.ts';", restricted],
  ['src/certificates/a.ts', "import '../spec/index.ts';", undefined],
  ['src/host/a.ts', "import '../certificates/index.ts';", restricted],
  ['src/secrets/a.ts', "import '../store/index.ts';", restricted],
  ['src/secrets/a.ts', "import '../ports/index.ts';", undefined],
  ['src/certificates/a.ts', "import '../secrets/index.ts';", restricted],
  ['src/run/a.ts', "import '../secrets/index.ts';", restricted],
  ['src/host/a.ts', "import '../build/index.ts';", restricted],
  ['src/telemetry/a.ts', "import '../haproxy/index.ts';", restricted],
  ['src/telemetry/a.ts', "import '../ports/index.ts';", undefined],
  ['src/store/a.ts', "import '../telemetry/index.ts';", restricted],
  ['src/run/a.ts', "import '../telemetry/index.ts';", restricted],
  ['src/store/a.ts', "import '../run/index.ts';", restricted],
  ['src/store/a.ts', "import '../ports/index.ts';", undefined],
  ['src/server/a.ts', "import '../docker/index.ts';", restricted],
  ['src/client/a.ts', "import '../server/index.ts';", restricted],
  ['src/cli/a.ts', "import '../server/index.ts';", restricted],
  ['src/cli/a.ts', "import '../main/index.ts';", restricted],
  ['src/main/a.ts', "import '../docker/index.ts';", undefined],
  ['src/main/a.ts', "import '../../test/fakes/clock.ts';", restricted],
  ['src/plan/a.ts', "import 'node:timers/promises';", restricted],
  ['src/plan/a.ts', 'export const now = Date.now();', 'no-restricted-properties'],
  ['src/run/a.ts', 'export const luck = Math.random();', 'no-restricted-properties'],
  ['src/cli/a.ts', 'export const home = process.env;', 'no-restricted-globals'],
  ['src/server/a.ts', 'setTimeout(() => {}, 1);', 'no-restricted-globals'],
  ['src/kit/a.ts', 'setTimeout(() => {}, 1);', 'no-restricted-globals'],
  ['src/kit/clock.ts', 'setTimeout(() => {}, 1);', undefined],
  ['src/cli/a.ts', "console.log('x');", 'no-console'],
  ['src/docker/a.ts', 'export const home = process.env;', undefined],
  ['src/run/a.test.ts', "import '../docker/index.ts';", undefined],
  ['src/model/a.ts', 'export default 1;', 'no-default-export'],
  ['src/model/a.ts', 'export const x = (y: any) => y;', 'no-explicit-any'],
];

let directory = '';
let reports: readonly { readonly file: string; readonly rule: string }[] = [];

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'layers-'));
  cpSync(path.join(root, '.oxlintrc.json'), path.join(directory, '.oxlintrc.json'));
  for (const [at, [file, line]] of faults.entries()) {
    const planted = path.join(directory, plantedFile(file, at));
    mkdirSync(path.dirname(planted), { recursive: true });
    writeFileSync(planted, `${line}\n`);
  }
  const { output } = await runProgram([path.join(root, 'node_modules/.bin/oxlint'), '--format=json', 'src'], directory);
  const parsed = JSON.parse(output) as { diagnostics: { filename: string; code: string }[] };
  reports = parsed.diagnostics.map(({ filename, code }) => ({ file: filename, rule: /\((.*)\)/.exec(code)?.[1] ?? code }));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Every fault has a file of its own, except where the file's name is the point. */
function plantedFile(file: string, at: number): string {
  return file.endsWith('/clock.ts') ? file : file.replace(/(\w+)(\.test)?\.ts$/, `$1${at}$2.ts`);
}

test.each(faults.map((fault, at) => [...fault, at] as const))('%s: %s', (file, _line, rule, at) => {
  const fired = reports.filter((report) => report.file.endsWith(plantedFile(file, at))).map((report) => report.rule);
  expect(fired).toEqual(rule === undefined ? [] : [rule]);
});
