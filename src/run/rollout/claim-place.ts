import type { Project } from '../../model/index.ts';
import type { Claimant, RouteConflict } from '../../plan/index.ts';
import type { RunContext, Side } from '../deps.ts';

/** What of the edge is claimed: a route, or a whole port. */
type Claimed = Pick<RouteConflict, 'port' | 'rule'>;

/** Where a service's file says that it wants a place of the edge: `compose.yaml:7:9`. */
export function placeOf(project: Project, name: string, { port, rule }: Claimed): string | undefined {
  const service = project.services.find((each) => each.name === name);
  if (service === undefined) return undefined;
  const onPort = service.routes.findIndex((r) => r.port === port && (rule === undefined || (r.host === rule.host && r.path === rule.path)));
  const published = service.ports.findIndex((p) => p.published === port);
  const places = [
    ...(onPort === -1 ? [] : [`services.${name}.routes.${String(onPort)}`]),
    ...(published === -1 ? [] : [`services.${name}.ports.${String(published)}`]),
    `services.${name}`,
  ];
  return places.map((place) => project.places[place]).find((place) => place !== undefined);
}

/** A claimant with the place in its file; that of another app is named with the directory of the app. */
export function claimantText(ctx: RunContext, side: Side, { app, service }: Claimant, claimed: Claimed): string {
  const project = app === ctx.app ? side.project : projectOf(ctx, app, service);
  const place = project === undefined ? undefined : placeOf(project, service, claimed);
  if (project === undefined || place === undefined) return `${app}/${service}`;
  return `${app}/${service} (${place}${app === ctx.app ? '' : ` in ${project.directory}`})`;
}

/** The file of another app, as of its newest release that has the service. */
function projectOf(ctx: RunContext, app: string, service: string): Project | undefined {
  return ctx.store
    .listReleases(app)
    .map((release) => release.project)
    .find((project) => project.services.some((each) => each.name === service));
}
