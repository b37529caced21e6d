import type { PlannedRoute, Route, RouteRules, Service, ServicePlan } from '../model/index.ts';

/** Says beside the plans of services which routes were made of the words of another proxy, since nobody wrote them as such. */
export function withPlannedRoutes(plans: readonly ServicePlan[], services: readonly Service[]): readonly ServicePlan[] {
  return plans.map((plan) => {
    const service = services.find(({ name }) => name === plan.service);
    const routes = service?.routes.flatMap((route) => planned(route, service)) ?? [];
    return routes.length === 0 || plan.change === 'remove' ? plan : { ...plan, routes };
  });
}

/** The keys of `x-berth.routes` by the rules that they become; where a route leads is told apart from them. */
const keys: Readonly<Record<Exclude<keyof RouteRules, 'rewrite' | 'redirect' | 'httpsRedirect' | 'maintenance'>, string>> = {
  hsts: 'hsts',
  requestHeaders: 'headers.request',
  responseHeaders: 'headers.response',
  basicAuth: 'basicAuth',
  allow: 'allow',
  deny: 'deny',
  maxBodyBytes: 'maxBody',
  rateLimit: 'rateLimit',
  timeoutMs: 'timeout',
  compress: 'compress',
  errorPages: 'errorPages',
};

function planned({ host, path, port, rules, from }: Route, { sticky }: Pick<Service, 'sticky'>): PlannedRoute[] {
  if (from === undefined) return [];
  const leadsTo = rules.redirect?.to ?? (rules.httpsRedirect === undefined ? undefined : `https on ${String(rules.httpsRedirect.port)}`);
  const asks = leadsTo === undefined && sticky !== undefined ? ['sticky'] : [];
  return [
    {
      path,
      port,
      from,
      rules: [...rewriteOf(path, rules), ...Object.entries(keys).flatMap(([rule, key]) => (rule in rules ? [key] : [])), ...asks],
      ...(host === undefined ? {} : { host }),
      ...(leadsTo === undefined ? {} : { leadsTo }),
    },
  ];
}

function rewriteOf(path: string, { rewrite }: RouteRules): string[] {
  if (rewrite === undefined) return [];
  return [rewrite === '/' && path !== '/' ? 'strip' : `rewrite: ${rewrite}`];
}
