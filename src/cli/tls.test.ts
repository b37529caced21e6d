import { beforeAll, describe, expect, it } from 'vitest';
import type { AppStatus, CertificateStatus } from '../contract/index.ts';
import { berth } from './fake-world.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const files = { '/app/compose.yaml': 'name: shop\nservices:\n  web: { image: nginx }\n' };
const web = { name: 'web', release: 1, image: 'nginx', wanted: 0, ready: 0, urls: [], probe: '', stopped: false, instances: [] };
const shop: AppStatus = { app: 'shop', release: 1, directory: '/app', services: [web] };

describe('tls', () => {
  const valid: CertificateStatus = {
    id: 'acme-shop.test-1',
    hosts: ['shop.test', 'www.shop.test'],
    kind: 'acme',
    directory: 'https://ca.test/dir',
    state: 'valid',
    issuer: 'CA',
    notAfterMs: nowMs + 80.5 * 86_400_000,
    renewAtMs: nowMs + 50 * 86_400_000,
    usedBy: ['shop/web'],
  };
  const late: CertificateStatus = {
    ...valid,
    hosts: ['late.test'],
    state: 'placeholder',
    notAfterMs: nowMs + 3_600_000,
    renewAtMs: undefined,
    warning: 'The certificate for late.test is not there yet: the ACME server says no.',
  };

  it('lists certificates with their ends, and what is wrong', async () => {
    const { out } = await berth(['tls', 'list'], { client: { listCertificates: () => Promise.resolve([valid, late]) } });
    expect(out).toBe(`HOSTS                     SOURCE   STATE        ENDS               RENEWED     USED BY
shop.test, www.shop.test  ca.test  valid        2026-03-23 (80 d)  2026-02-21  shop/web
late.test                 ca.test  placeholder  2026-01-02 (1 h)   -           shop/web
The certificate for late.test is not there yet: the ACME server says no.
`);
    expect((await berth(['tls', 'list'], { client: { listCertificates: () => Promise.resolve([]) } })).out).toMatch(/^no service has TLS/);
  });

  it('writes the certificate of its own authority, alone on stdout, and says how to trust it', async () => {
    const authority = () => Promise.resolve({ pem: 'PEM\n', fingerprint: 'AA:BB', notAfterMs: nowMs });
    const printed = await berth(['tls', 'trust'], { client: { authority } });
    expect(printed.out).toBe('PEM\n');
    expect(printed.err).toContain('sudo cp berth.crt /usr/local/share/ca-certificates/berth.crt');
    const written = await berth(['tls', 'trust', '-o', 'ca.pem'], { client: { authority } });
    expect(written.out).toBe('');
    expect(written.files['/app/ca.pem']).toBe('PEM\n');
    expect(written.err).toContain('SHA-256 AA:BB');
  });

  it('renews what is named', async () => {
    let asked: unknown;
    const renewCertificates = (input: unknown) => {
      asked = input;
      return Promise.resolve([valid]);
    };
    const { out, code } = await berth(['tls', 'renew', 'shop.test'], { client: { renewCertificates } });
    expect([code, asked]).toEqual([0, { hosts: ['shop.test'] }]);
    expect(out).toContain('valid');
  });

  it('is told by ps, for each service', async () => {
    const of = (certificate: AppStatus['services'][number]['certificate']) => () =>
      Promise.resolve({ ...shop, services: [{ ...web, certificate }] });
    const said = async (certificate: AppStatus['services'][number]['certificate']) =>
      (await berth(['ps'], { files, client: { getApp: of(certificate) } })).out;
    expect(await said(valid)).toContain('web: certificate for shop.test, www.shop.test (ca.test) ends in 80 d\n');
    expect(await said(late)).toContain(`web: ${late.warning ?? ''}\n`);
  });
});
