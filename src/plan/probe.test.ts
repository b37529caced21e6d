import { describe, expect, it } from 'vitest';
import { service } from '../../test/fakes/world.ts';
import { fittingPin, knownPorts, servicePort } from './index.ts';

const image = { healthcheck: false, exposedPorts: [9000, 80], volumes: [] };
const routes = [{ host: 'a.example' }, { host: 'a.example', path: '/api', target: 3000 }];

describe('the port of a service', () => {
  it.each([
    ['written', { port: 1, ports: [{ target: 2 }], routes }, 1],
    ['published', { ports: [{ target: 2 }], routes, expose: [4] }, 2],
    ['of a route', { routes, expose: [4] }, 3000],
    ['exposed', { expose: [4] }, 4],
    ['the lowest of the image', {}, 80],
  ])('is the one %s', (_title, input, port) => {
    expect(servicePort(service({ name: 'web', ...input }), image, undefined)).toBe(port);
  });

  it('is known beside all others that are named', () => {
    expect(knownPorts(service({ name: 'web', routes, expose: [4] }), image, 3000)).toEqual([4, 80, 3000, 9000]);
  });
});

describe('what was found about a service', () => {
  const pin = { check: { kind: 'http', path: '/up' }, protocol: 'http', port: 3000 } as const;

  it.each([
    ['its port is the same', { port: 3000 }, true],
    ['its port is found as well', {}, true],
    ['its protocol is the same', { port: 3000, protocol: 'http' as const }, true],
    ['its port is another', { port: 50_051 }, false],
    ['it speaks something else', { port: 3000, protocol: 'tcp' as const }, false],
  ])('holds or not when %s', (_title, input, holds) => {
    expect(fittingPin(service({ name: 'web', ...input }), image, pin)).toBe(holds ? pin : undefined);
  });
});
