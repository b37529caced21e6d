import { certificateLine } from './certificates-text.ts';
import type { AppStatus, JobStatus } from '../../contract/index.ts';
import { ago, count, table } from '../format.ts';
import type { Style } from '../style.ts';

export type TableInput = {
  readonly style: Style;
  /** Of the terminal, when it is one. */ readonly columns: number | undefined;
  readonly nowMs: number;
};

/** The instances of an app as a table, with a line about the app above it. */
export function psText(app: AppStatus, { style, nowMs }: TableInput): string {
  const release = app.release === undefined ? 'no release yet' : `release ${app.release}`;
  const lines = [`${style.bold(app.app)}  ${release}  ${style.dim(app.directory)}`];
  if (app.rollout !== undefined)
    lines.push(
      style.yellow(
        `${app.rollout.kind} in progress for ${ago(app.rollout.createdAtMs, nowMs).replace(' ago', '')}; \`berth events -f\` shows it`,
      ),
    );
  const rows = app.services.flatMap((service) => {
    const urls = service.urls.join(', ');
    const { job } = service;
    if (job !== undefined) return [[job.name, service.name, String(job.release), jobWords(job), '', '', '']];
    if (service.instances.length === 0)
      return [['-', service.name, String(service.release), service.stopped ? 'stopped' : 'none', '', '', '']];
    return service.instances.map((instance) => [
      instance.name,
      service.name,
      String(instance.release),
      stateOf(instance, nowMs),
      instance.health,
      instance.weight === undefined ? '-' : String(instance.weight),
      // One that does not run answers nowhere.
      instance.state === 'running' ? urls : '',
    ]);
  });
  if (rows.length === 0) return [...lines, 'no services'].join('\n');
  lines.push('', table(['NAME', 'SERVICE', 'RELEASE', 'STATE', 'HEALTH', 'WEIGHT', 'URL'], rows));
  for (const { name, certificate } of app.services)
    if (certificate !== undefined) lines.push(certificateLine(name, certificate, { style, nowMs }));
  for (const { name, maintenance } of app.services)
    if (maintenance === true)
      lines.push(style.yellow(`${name} is in maintenance: everybody outside is answered 503 until \`berth maintenance off ${name}\``));
  for (const { name, internal } of app.services) if (internal?.kind === 'front') lines.push(frontLine(name, internal, style));
  const short = app.services.filter((service) => !service.stopped && service.ready < service.wanted);
  for (const service of short) lines.push(style.yellow(`${service.name}: ${service.ready} of ${count(service.wanted, 'instance')} ready`));
  for (const instance of app.services.flatMap((service) => service.instances)) {
    if (instance.health === 'failed')
      lines.push(style.yellow(`${instance.name} failed${exitWords(instance)} and is kept to be looked at: docker logs ${instance.name}`));
  }
  for (const { name, job } of app.services)
    if (job?.exitCode !== undefined && job.exitCode !== 0) lines.push(style.yellow(`${name} failed: \`berth logs ${name}\` shows why`));
  return lines.join('\n');
}

function jobWords({ state, exitCode }: JobStatus): string {
  if (exitCode === undefined) return state;
  return exitCode === 0 ? 'done' : `failed (exit ${exitCode})`;
}

type InternalState = NonNullable<AppStatus['services'][number]['internal']>;

/** Where other services reach a service; one that is stopped has no front meanwhile. */
function frontLine(name: string, { state, addresses, ports }: InternalState, style: Style): string {
  if (state === undefined) return style.dim(`${name} has no front while it does not run`);
  if (state !== 'running')
    return style.yellow(`${name}: its front is ${state}, other services cannot call it; \`berth up\` brings it back`);
  const carried = ports.map(({ port, mode }) => `${port} ${mode}`).join(', ');
  return style.dim(`${name} is called at ${addresses.length === 0 ? 'its front' : addresses.join(', ')} (${carried})`);
}

type InstanceState = AppStatus['services'][number]['instances'][number];

function stateOf({ state, startedAtMs, exit, restarts }: InstanceState, nowMs: number): string {
  const since = state === 'running' && startedAtMs !== undefined ? ` ${ago(startedAtMs, nowMs).replace(' ago', '')}` : '';
  const why = exit === undefined ? '' : ` (${exit.split(':')[0] ?? ''})`;
  const again = restarts === 0 ? '' : `, ${count(restarts, 'restart')}`;
  return `${state}${since}${why}${again}`;
}

/** Why it ended. One that ended well was stopped by berth after it had failed, which explains nothing. */
function exitWords({ exit }: InstanceState): string {
  return exit === undefined || exit.startsWith('0:') ? '' : ` (exit ${exit})`;
}
