import type { Healthcheck, Probe, Service } from '../../model/index.ts';
import { child, isNull, type Node } from '../text/node.ts';
import type { Context } from './context.ts';
import { booleanAt, defined, durationAt, integerAt, textAt, textsAt } from './get.ts';

/** Compose `healthcheck` in the engine's form. */
export function resolveHealthcheck(service: Node, context: Context): Healthcheck | undefined {
  const node = child(service, 'healthcheck');
  if (node === undefined || isNull(node)) return undefined;
  const test = textsAt(node, 'test');
  const [kind] = test ?? [];
  if (test !== undefined && kind !== undefined && !['CMD', 'CMD-SHELL', 'NONE'].includes(kind)) {
    context.problems.error(
      child(node, 'test')?.mark ?? node.mark,
      '`healthcheck.test` as a list must start with `CMD`, `CMD-SHELL` or `NONE`',
      {
        hint: `Write ["CMD", ${test.map((word) => JSON.stringify(word)).join(', ')}].`,
      },
    );
  }
  const settings = defined({
    intervalMs: durationAt(node, 'interval'),
    timeoutMs: durationAt(node, 'timeout'),
    startPeriodMs: durationAt(node, 'start_period'),
    startIntervalMs: durationAt(node, 'start_interval'),
    retries: integerAt(node, 'retries'),
  });
  if (booleanAt(node, 'disable') === true) return { test: ['NONE'] };
  return test === undefined || test.length === 0 ? settings : { test, ...settings };
}

type Timing = Service['probeTiming'];

const standardTiming = { intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 60_000 };

/** `x-berth.probe` of a service over that of the project: the probe when its check is written, else only its timing. */
export function resolveProbe(
  service: Node,
  project: Node | undefined,
  context: Context,
): { readonly probe?: Probe; readonly timing: Timing } {
  const own = child(service, 'x-berth', 'probe');
  const standard = child(project, 'probe');
  const timing = { ...timingOf(standard), ...timingOf(own) };
  const check = checkOf(own, context) ?? checkOf(standard, context);
  if (check === undefined) return { timing };
  return { probe: { check, ...standardTiming, ...defined(timing) }, timing };
}

function timingOf(node: Node | undefined): Timing {
  return defined({
    intervalMs: durationAt(node, 'interval'),
    timeoutMs: durationAt(node, 'timeout'),
    successes: integerAt(node, 'successes'),
    withinMs: durationAt(node, 'within'),
  });
}

function checkOf(node: Node | undefined, context: Context): Probe['check'] | undefined {
  if (node === undefined) return undefined;
  const path = textAt(node, 'http');
  const tcp = booleanAt(node, 'tcp') ?? false;
  const host = textAt(node, 'host');
  if (path !== undefined && tcp) {
    context.problems.error(child(node, 'tcp')?.mark ?? node.mark, '`probe` has both `http` and `tcp`; it asks one of the two');
    return undefined;
  }
  if (path !== undefined) return defined({ kind: 'http' as const, path, host });
  if (host !== undefined) context.problems.error(child(node, 'host')?.mark ?? node.mark, '`probe.host` needs `probe.http`');
  return tcp ? { kind: 'tcp' } : undefined;
}
