import type { Rule } from '../rule.ts';

/** Services whose readiness nobody described. */
export const noHealthCheck: Rule = {
  id: 'no-health-check',
  severity: 'note',
  finds: 'A service has neither `x-berth.probe` nor `healthcheck`.',
  why: 'berth looks from outside what it answers; without a port, all it can see is that the process stays up, and a release that starts and does no work counts as good.',
  fix: 'Write `x-berth: { probe: { http: /healthz } }`, or a `healthcheck`.',
  *find({ services }) {
    for (const { name, mark, model, isJob } of services) {
      const isOff = model.healthcheck?.test?.[0] === 'NONE';
      if (isJob || model.probe !== undefined || (model.healthcheck !== undefined && !isOff)) continue;
      yield { mark, message: `\`${name}\` has no health check` };
    }
  },
};
