import type { RolloutRequest } from '../../contract/index.ts';
import { BerthError } from '../../errors/index.ts';
import { didYouMean } from '../../kit/index.ts';
import type { Release } from '../../model/index.ts';
import type { AppRecord, Store } from '../../ports/index.ts';

/** A request without what must not stay in the database: bytes and variables of secrets, registry credentials. */
export function toStoredRequest(request: RolloutRequest): RolloutRequest {
  if (!('deployment' in request)) return request;
  const { secretVariables: _gone, ...deployment } = request.deployment;
  return { ...request, deployment: { ...deployment, files: {}, registryAuths: {} } };
}

/** The app that a request is about. */
export function appOf(request: RolloutRequest): string {
  return 'deployment' in request ? request.deployment.project.name : request.app;
}

/** The app's record, or APP_NOT_FOUND with the apps that exist. */
export function needApp(store: Pick<Store, 'getApp' | 'listApps'>, name: string): AppRecord {
  const app = store.getApp(name);
  if (app !== undefined) return app;
  const known = store.listApps().map((a) => a.name);
  throw new BerthError('APP_NOT_FOUND', `There is no app ${name} here.`, {
    hint: known.length === 0 ? 'Run `berth up` first.' : `Apps here: ${known.join(', ')}. Choose one with -p.`,
  });
}

/** The apps that something came of, or is about to: not those whose first rollout was refused before it had made a release. */
export function deployedApps(store: Pick<Store, 'listApps' | 'listReleases' | 'listActiveRollouts'>): string[] {
  const changing = new Set(store.listActiveRollouts().map((r) => r.app));
  const names = store.listApps().map((a) => a.name);
  return names.filter((name) => changing.has(name) || store.listReleases(name).length > 0);
}

/** The current release of an app. */
export function needCurrentRelease(store: Pick<Store, 'getApp' | 'listApps' | 'getRelease'>, name: string): Release {
  const app = needApp(store, name);
  const release = app.currentRelease === undefined ? undefined : store.getRelease(name, app.currentRelease);
  if (release === undefined)
    throw new BerthError('RELEASE_NOT_FOUND', `${name} has no release that serves.`, { hint: 'Run `berth up` first.' });
  return release;
}

/** The release that `berth rollback` goes back to: the wanted one, else the newest that served before the current one. */
export function rollbackTarget(
  store: Pick<Store, 'getApp' | 'listApps' | 'getRelease' | 'listReleases'>,
  name: string,
  to: number | undefined,
): Release {
  const current = needCurrentRelease(store, name);
  const served = store.listReleases(name).filter((r) => r.state === 'superseded' && r.number !== current.number);
  const wanted = to === undefined ? served[0] : store.getRelease(name, to);
  if (wanted !== undefined && wanted.number === current.number) {
    throw new BerthError('USAGE', `Release ${wanted.number} of ${name} is the one that serves now.`, {
      hint: 'Choose another one: `berth history`.',
    });
  }
  if (wanted !== undefined) return wanted;
  const kept = served.map((r) => r.number).join(', ');
  throw new BerthError(
    'RELEASE_NOT_FOUND',
    to === undefined ? `${name} has no earlier release to go back to.` : `${name} has no release ${to}.`,
    {
      hint: kept === '' ? 'See `berth history`.' : `Releases that can be brought back: ${kept}.`,
    },
  );
}

/** Throws SERVICE_NOT_FOUND for a name that is no service of the release. */
export function needServices(release: Pick<Release, 'project'>, names: readonly string[]): void {
  const known = release.project.services.map((s) => s.name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new BerthError('SERVICE_NOT_FOUND', `${release.project.name} has no service \`${unknown}\`.`, {
    hint: didYouMean(unknown, known) ?? `It has ${known.join(', ')}.`,
  });
}

/** Checks a request against what the store knows, before a rollout is made of it. */
export function checkRequest(store: Store, request: RolloutRequest): void {
  switch (request.kind) {
    case 'up':
    case 'pull':
    case 'build': {
      needServices(request.deployment, request.services);
      checkOwner(store, request);
      return;
    }
    case 'rollback':
      rollbackTarget(store, request.app, request.to);
      return;
    case 'scale':
      needServices(needCurrentRelease(store, request.app), Object.keys(request.replicas));
      checkScale(needCurrentRelease(store, request.app), request.replicas);
      return;
    case 'restart':
    case 'start':
    case 'stop':
      needServices(needCurrentRelease(store, request.app), request.services);
      return;
    case 'down':
      needApp(store, request.app);
      return;
  }
}

function checkScale(release: Release, replicas: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(replicas)) {
    const service = release.project.services.find((s) => s.name === name);
    if (service?.containerName === undefined || count <= 1) continue;
    throw new BerthError('USAGE', `${name} cannot have ${count} instances: its container_name \`${service.containerName}\` is fixed.`, {
      hint: 'Remove container_name from the file.',
    });
  }
}

/** The same app name from another directory is a mistake, unless `-p` named it, or nothing ever came of it there. */
function checkOwner(store: Pick<Store, 'getApp'>, request: Extract<RolloutRequest, { deployment: unknown }>): void {
  const { project, named } = request.deployment;
  const app = store.getApp(project.name);
  if (app?.currentRelease === undefined || app.directory === project.directory || named || request.kind !== 'up') return;
  throw new BerthError('APP_ELSEWHERE', `An app ${project.name} was deployed from ${app.directory}, and this is ${project.directory}.`, {
    hint: `Run it there, or say \`-p ${project.name}\` if it is the same app, or give this one another name.`,
    details: { directory: app.directory },
  });
}
