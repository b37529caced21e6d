import { expect, it } from 'vitest';
import { accessLogSource } from './access-log-source.ts';
import { edgePlace } from './container/place.ts';

const place = edgePlace({ installation: 'abc', home: '/home', image: 'haproxy', owner: { uid: 0, gid: 0 }, directory: '/run/edge' });

it('says whose each route is, also of those that answer by themselves', () => {
  const rules = [
    { host: 'a.test', path: '/api', service: 'web', backend: 'shop.web.routes_0e9aca5f' },
    { host: 'www.a.test', path: '/', service: 'web', app: 'shop' },
    { host: 'b.test', path: '/', service: 'web' },
  ];
  const listener = { address: '', port: 80, mode: 'http' as const, rules };
  const { routes } = accessLogSource(place, { listeners: [listener], backends: [] });
  const owner = { app: 'shop', service: 'web' };
  expect(routes).toEqual({ 'a.test/api': owner, 'www.a.test/': owner });
});

it('says whose connections of TCP are that nobody gets', () => {
  const rules = [{ host: '*.a.test', path: '/', service: 'mail', backend: 'shop.mail.routes_tcp' }];
  const listener = { address: '', port: 993, mode: 'tcp' as const, rules, fallback: 'shop.db.routes_tcp' };
  expect(accessLogSource(place, { listeners: [listener], backends: [] }).routes).toEqual({
    '*.a.test:993': { app: 'shop', service: 'mail' },
    ':993': { app: 'shop', service: 'db' },
  });
});
