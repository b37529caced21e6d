import type { PlannedRoute, Route, Service, ServicePlan } from '../model/index.ts';

/** Says beside the plans of services which routes were made of the words of another proxy, since nobody wrote them as such. */
export function withPlannedRoutes(plans: readonly ServicePlan[], services: readonly Service[]): readonly ServicePlan[] {
  return plans.map((plan) => {
    const routes = services.find((service) => service.name === plan.service)?.routes.flatMap(planned) ?? [];
    return routes.length === 0 || plan.change === 'remove' ? plan : { ...plan, routes };
  });
}

function planned({ host, path, port, rules, from }: Route): PlannedRoute[] {
  if (from === undefined) return [];
  const leadsTo = rules.redirect?.to ?? (rules.httpsRedirect === undefined ? undefined : `https on ${String(rules.httpsRedirect.port)}`);
  return [{ path, port, from, ...(host === undefined ? {} : { host }), ...(leadsTo === undefined ? {} : { leadsTo }) }];
}
