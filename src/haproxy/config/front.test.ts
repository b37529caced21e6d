import { expect, test } from 'vitest';
import { render } from './render.ts';

test('a front listens on every address, changes no request, answers with no page and says how long it keeps a connection', () => {
  const { text } = render(
    {
      listeners: [
        { address: '', port: 80, mode: 'http', rules: [], fallback: 'shop.api.80' },
        { address: '', port: 9000, mode: 'tcp', rules: [], fallback: 'shop.api.9000' },
      ],
      backends: (['http', 'tcp'] as const).map((mode) => ({
        name: `shop.api.${mode === 'http' ? 80 : 9000}`,
        app: 'shop',
        service: 'api',
        mode,
        check: { kind: 'tcp' },
        servers: [{ name: 'shop-api-1', address: '10.1.0.10', port: mode === 'http' ? 80 : 9000, weight: 100, state: 'ready' }],
      })),
    },
    { role: 'front', ipv6: true, owner: { uid: 0, gid: 0 } },
  );
  expect(text).not.toMatch(/X-Forwarded|X-Real-IP|Forwarded|http-error|http-request return|uid /);
  expect(text).toMatch(/^ {2}nbthread 1$/m);
  expect(text).toContain(`frontend in_80 from http
  bind 0.0.0.0:80
  bind :::80 v6only
  http-after-response set-header Keep-Alive timeout=58 unless { status 101 }
  default_backend shop.api.80
frontend in_9000 from tcp
  bind 0.0.0.0:9000
  bind :::9000 v6only
  default_backend shop.api.9000
`);
});
