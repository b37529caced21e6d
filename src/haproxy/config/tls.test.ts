import { describe, expect, test } from 'vitest';
import type { Listener, ListenerTls, ProxyConfig } from '../../model/index.ts';
import type { RenderOptions } from './options.ts';
import { render, renderConfig } from './render.ts';

const options: RenderOptions = { role: 'edge', ipv6: false, owner: { uid: 0, gid: 0 } };
const a = { id: 'a', fingerprint: '01', hosts: ['Shop.example.com', '*.shop.example.com'] };
const b = { id: 'b', fingerprint: '02', hosts: [] };

function secured(tls: ListenerTls, over: Partial<Listener> = {}): ProxyConfig {
  return { listeners: [{ address: '', port: 443, mode: 'http', rules: [], fallback: 'web', tls, ...over }], backends: [] };
}
const both = secured({ certificates: [a, b] });

/** The lines of a configuration that begin with some words. */
const lines = (text: string, start: string): string[] => text.split('\n').filter((line) => line.startsWith(`  ${start}`));

test('a listener with certificates binds their list, and speaks HTTP/2', () => {
  const { text, tls } = render(both, options);
  expect(lines(text, 'bind')).toEqual([`  bind 0.0.0.0:443 ssl crt-list /run/berth/tls/${tls.lists[0]?.file} alpn h2,http/1.1`]);
  expect(text).toContain('set-header X-Forwarded-Proto https');
  expect(lines(text, 'ssl-default-bind-options')[0]).toContain('ssl-min-ver TLSv1.2 no-tls-tickets');
});

test('the list begins with a copy of the first certificate, for whoever asks for no name of it', () => {
  const { tls } = render(both, options);
  const [list] = tls.files.filter((f) => 'text' in f);
  expect(list).toEqual({ name: tls.lists[0]?.file, text: expect.any(String) });
  expect(list !== undefined && 'text' in list ? list.text.replaceAll(/\.[0-9a-f]{16}\./g, '.#.') : '').toBe(
    `/run/berth/tls/in_443_any.default.#.pem *
/run/berth/tls/a.#.pem *.shop.example.com shop.example.com
/run/berth/tls/b.#.pem
`,
  );
  expect(tls.files.flatMap((f) => ('certificate' in f ? f.certificate : []))).toEqual(['a', 'a', 'b']);
});

test('a name is of one certificate: the first that has it, and one that only stands in comes last', () => {
  const wide = { id: 'wide', fingerprint: '05', hosts: ['c.test', 'www.c.test'], placeholder: true as const };
  const narrow = { id: 'narrow', fingerprint: '06', hosts: ['c.test'] };
  const entries = (...certificates: ListenerTls['certificates']): string[] =>
    (render(secured({ certificates }), options).tls.lists[0]?.entries ?? []).map((e) => `${e.file.split('.')[0]} ${e.names.join(' ')}`);
  expect(entries(wide, narrow)).toEqual(['narrow c.test', 'wide www.c.test']);
  expect(entries({ ...wide, hosts: ['c.test'] }, narrow)).toEqual(['narrow c.test']);
  expect(entries(narrow, { id: 'wide', fingerprint: '07', hosts: wide.hosts })).toEqual(['narrow c.test', 'wide www.c.test']);
  expect(entries(b, wide)).toEqual(['b ', 'wide c.test www.c.test']);
});

describe('without a reload', () => {
  test.each<[string, ProxyConfig]>([
    ['new bytes', secured({ certificates: [{ ...a, fingerprint: '03' }, b] })],
    ['one more', secured({ certificates: [a, b, { id: 'c', fingerprint: '04', hosts: ['c.test'] }] })],
    ['one less', secured({ certificates: [b] })],
    ['other names', secured({ certificates: [{ ...a, hosts: ['other.test'] }, b] })],
  ])('%s', (_what, other) => {
    expect(render(other, options).staticHash).toBe(render(both, options).staticHash);
    expect(render(other, options).tls.hash).not.toBe(render(both, options).tls.hash);
    expect(render(other, options).hash).not.toBe(render(both, options).hash);
  });
});

describe('with a reload', () => {
  test.each<[string, ProxyConfig]>([
    ['the first certificate', secured({ certificates: [] })],
    ['client certificates', secured({ certificates: [a, b], clientCa: 'PEM' })],
    ['another port', secured({ certificates: [a, b] }, { port: 8443 })],
  ])('%s', (_what, other) => {
    expect(render(other, options).staticHash).not.toBe(render(both, options).staticHash);
  });
});

test('holds its port while there is no certificate', () => {
  expect(lines(renderConfig(secured({ certificates: [] }), options), 'bind')).toEqual([
    '  bind 0.0.0.0:443 ssl strict-sni alpn h2,http/1.1',
  ]);
});

test('TCP under TLS offers no protocol of its own', () => {
  expect(lines(renderConfig(secured({ certificates: [a] }, { mode: 'tcp' }), options), 'bind')[0]).not.toContain('alpn');
});

describe('client certificates', () => {
  const text = renderConfig(secured({ certificates: [a], clientCa: 'PEM' }), options);
  test('are demanded, and told to the application', () => {
    expect(lines(text, 'bind')[0]).toMatch(/ verify required ca-file \/run\/berth\/tls\/ca\.[0-9a-f]{16}\.pem$/);
    expect(text).toContain('set-header X-SSL-Client-Verify SUCCESS');
  });
  test('are not resumed from a session of another listener', () => {
    expect(text).toContain('tune.ssl.cachesize 0');
    expect(renderConfig(both, options)).not.toContain('cachesize');
  });
  test('can be claimed nowhere by a header', () => {
    for (const config of [
      both,
      secured({ certificates: [a], clientCa: 'PEM' }),
      { ...both, listeners: [{ ...both.listeners[0], tls: undefined }] },
    ]) {
      expect(renderConfig(config as ProxyConfig, options)).toContain('  http-request del-header X-SSL-Client- -m beg');
    }
  });
});

describe('ACME challenges', () => {
  const thumbprint = 'x'.repeat(43);
  const plain = { address: '', port: 80, mode: 'http', rules: [], fallback: 'web' } as const;
  const answers = (listener: Listener, hosts = ['A.test', 'b.test']): string[] =>
    lines(
      renderConfig({ listeners: [listener], backends: [], acmeThumbprints: [{ hosts, thumbprint }] }, options),
      'http-request return status 200',
    );

  test('are answered before everything else, for their hosts', () => {
    expect(answers(plain)).toEqual([
      `  http-request return status 200 content-type text/plain lf-string '%[path,field(-1,/)].${thumbprint}' if { path -m reg '^/\\.well-known/acme-challenge/[A-Za-z0-9_-]+$' } { var(txn.berth_host) -m str a.test b.test }`,
    ]);
  });
  test('of many hosts take more than one line', () => {
    expect(
      answers(
        plain,
        Array.from({ length: 70 }, (_, n) => `h${n}.test`),
      ),
    ).toHaveLength(3);
  });
  test.each<[string, Listener]>([
    ['another port', { ...plain, port: 8080 }],
    ['TLS', { ...plain, tls: { certificates: [] } }],
    ['TCP', { ...plain, mode: 'tcp' }],
  ])('are not asked for on %s', (_what, listener) => {
    expect(answers(listener)).toEqual([]);
  });
});

describe('refuses what could be read as something else', () => {
  test.each<[string, ProxyConfig]>([
    ['an id that leaves the directory', secured({ certificates: [{ ...a, id: '../a' }] })],
    ['a host with a bracket', secured({ certificates: [{ ...a, hosts: ['[verify none]'] }] })],
    ['a host that ends the line', secured({ certificates: [{ ...a, hosts: ['a\nb'] }] })],
    [
      'a thumbprint that is none',
      {
        listeners: [{ address: '', port: 80, mode: 'http', rules: [] }],
        backends: [],
        acmeThumbprints: [{ hosts: ['a.test'], thumbprint: "' }" }],
      },
    ],
  ])('%s', (_what, bad) => {
    expect(() => renderConfig(bad, options)).toThrow(expect.objectContaining({ code: 'EDGE_FAILED' }));
  });
});
