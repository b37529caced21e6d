import { certificateLine } from './certificates-text.ts';
import type { AppStatus, JobStatus, ServiceStatus } from '../../contract/index.ts';
import { ago, count, table, type TableInput } from '../format.ts';
import type { Style } from '../style.ts';

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
  const rows = app.services.flatMap((service) => rowsOf(service, nowMs));
  if (rows.length === 0) return [...lines, 'no services'].join('\n');
  lines.push('', table(['NAME', 'SERVICE', 'RELEASE', 'STATE', 'HEALTH', 'WEIGHT', 'URL'], rows));
  for (const { name, certificate } of app.services)
    if (certificate !== undefined) lines.push(certificateLine(name, certificate, { style, nowMs }));
  for (const { name, maintenance } of app.services)
    if (maintenance === true)
      lines.push(style.yellow(`${name} is in maintenance: everybody outside is answered 503 until \`berth maintenance off ${name}\``));
  for (const { name, internal } of app.services) if (internal?.kind === 'front') lines.push(frontLine(name, internal, style));
  return [...lines, ...troubles(app).map((line) => style.yellow(line))].join('\n');
}

/** What does not run as it should. */
function troubles({ services }: AppStatus): string[] {
  const short = services.filter((service) => !service.stopped && service.ready < service.wanted);
  const failed = services.flatMap((service) => service.instances).filter((instance) => instance.health === 'failed');
  const failedJobs = services.filter(({ job }) => job?.exitCode !== undefined && job.exitCode !== 0);
  return [
    ...short.map(({ name, ready, wanted }) => `${name}: ${ready} of ${count(wanted, 'instance')} ready`),
    ...failed.map((instance) => `${instance.name} failed${exitWords(instance)} and is kept to be looked at: docker logs ${instance.name}`),
    ...failedJobs.map(({ name }) => `${name} failed: \`berth logs ${name}\` shows why`),
  ];
}

function jobWords({ state, exitCode }: JobStatus): string {
  if (exitCode === undefined) return state;
  return exitCode === 0 ? 'done' : `failed (exit ${exitCode})`;
}

/** A row for each instance of a service, else one that says why there is none. */
function rowsOf({ name, release, urls, stopped, instances, job }: ServiceStatus, nowMs: number): string[][] {
  if (job !== undefined) return [[job.name, name, String(job.release), jobWords(job), '', '', '']];
  if (instances.length === 0) return [['-', name, String(release), stopped ? 'stopped' : 'none', '', '', '']];
  return instances.map((instance) => [
    instance.name,
    name,
    String(instance.release),
    stateOf(instance, nowMs),
    instance.health,
    instance.weight === undefined ? '-' : String(instance.weight),
    // One that does not run answers nowhere.
    instance.state === 'running' ? urls.join(', ') : '',
  ]);
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
