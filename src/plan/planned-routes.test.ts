import { expect, it } from 'vitest';
import type { Route, ServicePlan } from '../model/index.ts';
import { service } from '../../test/fakes/world.ts';
import { withPlannedRoutes } from './planned-routes.ts';

const plan: ServicePlan = { service: 'web', change: 'none', why: 'nothing changed', order: 'start-first', gap: '0' };
const route: Route = { path: '/', port: 80, mode: 'http', tls: false, rules: {} };

it('tells of routes that nobody wrote as such, and of nothing that is secret in them', () => {
  const from = 'caddy labels, compose.yaml:3';
  const routes: Route[] = [
    { ...route, host: 'a.example', rules: { basicAuth: { ann: '$5$s$h' }, compress: true }, from },
    { ...route, host: 'a.example', path: '/x', rules: { rewrite: '/' }, from },
    { ...route, host: 'a.example', path: '/y', rules: { rewrite: '/z' }, from },
    { ...route, host: 'b.example', rules: { redirect: { to: 'https://c.example', code: 302 } }, from },
    { ...route, path: '/x', rules: { httpsRedirect: { port: 443 } }, from },
    { ...route, host: 'written.example' },
  ];
  expect(withPlannedRoutes([plan], [service({ name: 'web', routes, sticky: { cookie: 'c' } })])).toEqual([
    {
      ...plan,
      routes: [
        { host: 'a.example', path: '/', port: 80, rules: ['basicAuth', 'compress', 'sticky'], from },
        { host: 'a.example', path: '/x', port: 80, rules: ['strip', 'sticky'], from },
        { host: 'a.example', path: '/y', port: 80, rules: ['rewrite: /z', 'sticky'], from },
        { host: 'b.example', path: '/', port: 80, rules: [], leadsTo: 'https://c.example', from },
        { path: '/x', port: 80, rules: [], leadsTo: 'https on 443', from },
      ],
    },
  ]);
});

it('leaves alone what has none, or goes', () => {
  const gone: ServicePlan = { ...plan, change: 'remove' };
  expect(withPlannedRoutes([plan], [service({ name: 'web', routes: [route] })])).toEqual([plan]);
  expect(withPlannedRoutes([gone], [service({ name: 'web', routes: [{ ...route, from: 'x' }] })])).toEqual([gone]);
});
