import { expect, it } from 'vitest';
import type { Plan, ServicePlan } from '../../model/index.ts';
import { createStyle } from '../style.ts';
import { planText } from './plan-text.ts';

const service: ServicePlan = { service: 'web', change: 'none', why: 'nothing changed', order: 'start-first', gap: '0' };
const plan: Plan = { app: 'shop', release: 2, services: [service], steps: [], warnings: [] };

it('says where the name of each service leads other services, and why', () => {
  const services: ServicePlan[] = [
    { ...service, internal: { kind: 'front', why: 'it has 3 instances' } },
    { ...service, service: 'db', internal: { kind: 'dns', why: 'it is updated stop-first: volume `data` can have one writer' } },
    { ...service, service: 'worker', internal: { kind: 'none', why: 'no TCP port of it is known' } },
  ];
  expect(
    planText({ ...plan, services }, createStyle('plain'))
      .split('\n')
      .slice(5, 8),
  ).toEqual([
    '   `web` leads to its front: it has 3 instances',
    '   `db` leads straight to its instances: it is updated stop-first: volume `data` can have one writer',
    '   `worker` is not to be called: no TCP port of it is known',
  ]);
});

it('tells of routes that were made of labels, with their place', () => {
  const from = 'traefik labels, compose.yaml:12';
  const routes = [
    { host: 'shop.example.com', path: '/', port: 443, rules: ['strip', 'rateLimit'], from },
    { path: '/x', port: 80, rules: [], leadsTo: 'https on 443', from },
  ];
  expect(planText({ ...plan, services: [{ ...service, routes }] }, createStyle('plain')).split('\n')).toEqual([
    'shop  release 2',
    '',
    ' = web  unchanged: nothing changed',
    '   web: route shop.example.com/ on 443, with strip, rateLimit (traefik labels, compose.yaml:12)',
    '   web: route /x on 80, leads to https on 443 (traefik labels, compose.yaml:12)',
    '',
    'nothing to do',
  ]);
});
