import type { Service } from '../../model/index.ts';
import { child, entriesOf, isNull, type Entry, type Node } from '../text/node.ts';
import { resolveBuild } from './build.ts';
import { resolveContainer } from './container.ts';
import { notePlace, notePlaceOf, type Context } from './context.ts';
import { resolveDependencies } from './dependencies.ts';
import { defined, durationAt, integerAt, textAt, textsAt, wordAt } from './get.ts';
import { resolveGrants, type Contents } from './grants.ts';
import { resolveHealthcheck, resolveProbe } from './health.ts';
import { resolveInternal } from './internal.ts';
import { resolveMounts } from './mounts.ts';
import { resolveAttachments, type LinkedNames } from './networks.ts';
import { resolveExposed, type PortChooser } from './ports.ts';
import { resolveTraffic } from '../routes/traffic.ts';
import { resolveRelease, resolveRollback, resolveRollout } from './rollout.ts';
import { secretVariables } from './secret-nodes.ts';
import { secretFiles } from './secrets.ts';
import { resolveTls } from './tls.ts';

/** What all services share while they are resolved. */
export type Shared = {
  readonly contents: Contents;
  readonly ports: PortChooser;
  readonly links: LinkedNames;
  readonly projectBerth: Node | undefined;
};

/** One service of the canonical document as the model has it. */
export async function resolveService(name: string, entry: Entry, shared: Shared, context: Context): Promise<Service> {
  const service = entry.value;
  notePlace(context, `services.${name}`, entry.key);
  noteKeys(name, service, context);
  const { probe, timing } = resolveProbe(service, shared.projectBerth, context);
  const rollout = resolveRollout(service, shared.projectBerth);
  const replicas = resolveReplicas(name, service, context);
  const image = textAt(service, 'image');
  const isUnnamed = isNull(child(service, 'image')) || image === '';
  if (isUnnamed && child(service, 'build') === undefined) {
    context.problems.error(entry.key, `the service \`${name}\` has neither \`image\` nor \`build\``, {
      hint: 'Write `image: NAME` for an image that exists, or `build: .` to build from source.',
    });
  }
  const traffic = await resolveTraffic(name, service, shared.projectBerth, context);
  const { routes } = traffic;
  const serviceLabels = child(service, 'deploy', 'labels');
  return defined({
    name,
    image,
    build: await resolveBuild(service, context),
    pullPolicy: pullPolicy(service),
    replicas,
    port: integerAt(service, 'x-berth', 'port'),
    ports: shared.ports.resolve(name, service, context),
    expose: resolveExposed(service).tcp,
    ...traffic,
    tls:
      (await resolveTls({ name, service, projectBerth: shared.projectBerth, routes, contents: shared.contents }, context)) ?? traffic.tls,
    internal: resolveInternal(name, service, context),
    release: resolveRelease(service, context),
    probe,
    probeTiming: timing,
    rollout,
    rollback: resolveRollback(service, rollout),
    serviceLabels:
      serviceLabels === undefined
        ? undefined
        : Object.fromEntries(entriesOf(serviceLabels).map(([key, { value }]) => [key, textAt(value) ?? ''])),
    healthcheck: resolveHealthcheck(service, context),
    dependsOn: resolveDependencies(name, service, context),
    mounts: resolveMounts(name, service, context),
    networks: resolveAttachments(name, service, shared.links, context),
    networkMode: textAt(service, 'network_mode'),
    files: resolveGrants(service, shared.contents, context),
    environment: environment(service),
    secretEnvironment: secretVariables(service),
    secretFiles: secretFiles(service, context),
    command: textsAt(service, 'command'),
    entrypoint: textsAt(service, 'entrypoint'),
    containerName: textAt(service, 'container_name'),
    stopSignal: textAt(service, 'stop_signal'),
    stopGraceMs: durationAt(service, 'stop_grace_period') ?? 10_000,
    container: await resolveContainer(name, service, context),
  });
}

/** Keys whose place errors of the engine, the builder or the registry want to name. */
const placed = [
  'image',
  'build',
  'container_name',
  'networks',
  'network_mode',
  'depends_on',
  'healthcheck',
  'x-berth',
  'deploy',
  'devices',
  'runtime',
  'platform',
];

function noteKeys(name: string, service: Node, context: Context): void {
  if (service.kind !== 'map') return;
  for (const key of placed) notePlaceOf(context, `services.${name}.${key}`, service.entries.get(key));
}

function environment(service: Node): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, { value }] of entriesOf(child(service, 'environment'))) {
    if (!isNull(value)) result[key] = textAt(value) ?? '';
  }
  return result;
}

function pullPolicy(service: Node): Service['pullPolicy'] {
  const written = textAt(service, 'pull_policy') ?? 'missing';
  if (written === 'if_not_present') return 'missing';
  return wordAt(['missing', 'always', 'never', 'build'], service, 'pull_policy') ?? (written === 'missing' ? 'missing' : 'always');
}

function resolveReplicas(name: string, service: Node, context: Context): number {
  const scale = integerAt(service, 'scale');
  const mode = child(service, 'deploy', 'mode');
  const replicas = textAt(mode) === 'global' ? 1 : integerAt(service, 'deploy', 'replicas');
  if (mode !== undefined && textAt(mode)?.endsWith('-job') === true) {
    context.problems.error(mode.mark, `\`deploy.mode: ${textAt(mode) ?? ''}\` is not built yet`, {
      hint: 'A service that another one awaits with `condition: service_completed_successfully` is a job.',
    });
  }
  if (scale !== undefined && replicas !== undefined && scale !== replicas) {
    context.problems.error(
      child(service, 'scale')?.mark ?? service.mark,
      `\`services.${name}\` has \`scale: ${String(scale)}\` but \`deploy.replicas: ${String(replicas)}\``,
    );
  }
  const wanted = scale ?? replicas ?? 1;
  const container = child(service, 'container_name');
  if (container !== undefined && wanted > 1) {
    context.problems.error(
      container.mark,
      `\`services.${name}\` has a fixed \`container_name\` and ${String(wanted)} replicas; a name can be used once`,
    );
  }
  return wanted;
}
