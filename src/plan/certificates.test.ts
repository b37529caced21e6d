import { describe, expect, it } from 'vitest';
import type { AppEdge, CertificateWish, HeldCertificate } from '../model/index.ts';
import { web } from '../../test/fakes/world.ts';
import {
  backOffMs,
  certificateWarning,
  certificateWish,
  chooseCertificate,
  dueAtMs,
  listenerCertificates,
  replaceCertificate,
  withChallenges,
} from './certificates.ts';

const dayMs = 86_400_000;
const acme = { certificate: { kind: 'acme', directory: 'https://ca.example/dir', challenge: 'http-01' } };
const routes = (...hosts: (string | undefined)[]) =>
  hosts.map((host) => ({ ...(host === undefined ? {} : { host }), port: 443, tls: true }));

function wishOf(app: string, tls: object, ...hosts: (string | undefined)[]): CertificateWish {
  const wish = certificateWish(app, web({ routes: routes(...hosts), tls }));
  if (wish === undefined) throw new Error('no wish');
  return wish;
}

function held(wish: CertificateWish, rest: Partial<HeldCertificate> = {}): HeldCertificate {
  const { id, hosts, machine, source } = wish;
  return {
    id,
    hosts,
    machine,
    kind: source.kind,
    directory: source.kind === 'acme' ? source.directory : undefined,
    placeholder: false,
    fingerprint: `of ${id}`,
    issuer: 'CA',
    notBeforeMs: 0,
    notAfterMs: 90 * dayMs,
    ...rest,
  };
}

describe('what a service needs', () => {
  it('is nothing without a route that ends TLS at the edge', () => {
    expect(certificateWish('shop', web({ routes: [{ host: 'a.test' }], tls: acme }))).toBeUndefined();
    expect(certificateWish('shop', web({ routes: routes('a.test') }))).toBeUndefined();
  });

  it('is shared by services and apps with the same hosts and source, in whatever order', () => {
    const one = wishOf('shop', acme, 'b.test', 'a.test');
    expect(one).toMatchObject({ hosts: ['a.test', 'b.test'], machine: false });
    expect(one.id).toMatch(/^acme-a\.test-[0-9a-f]{12}$/);
    expect(wishOf('other', acme, 'a.test', 'b.test').id).toBe(one.id);
    expect(wishOf('shop', acme, 'a.test').id).not.toBe(one.id);
    expect(wishOf('shop', { certificate: { kind: 'internal' } }, 'a.test', 'b.test').id).not.toBe(one.id);
  });

  it('has a name that a file can have', () => {
    expect(wishOf('shop', { certificate: { kind: 'internal' } }, '*.a.test').id).toMatch(/^internal-_\.a\.test-/);
    expect(wishOf('shop', { certificate: { kind: 'internal' } }, undefined)).toMatchObject({ hosts: [], machine: true });
  });

  it('of files stays the same one when the files change, so that only bytes are loaded', () => {
    const files = (certSha256: string) => ({ certificate: { kind: 'files', certSha256, keySha256: 'k' } });
    const [before, after] = [wishOf('shop', files('1'), 'a.test'), wishOf('shop', files('2'), 'a.test')];
    expect(after.id).toBe(before.id);
    const [[one], [two]] = [listenerCertificates(before, undefined), listenerCertificates(after, undefined)];
    expect(one?.fingerprint).not.toBe(two?.fingerprint);
  });
});

describe('the certificate that serves', () => {
  const both = wishOf('shop', acme, 'a.test', 'b.test');
  const one = wishOf('other', acme, 'a.test');

  it('is another one of the same source that covers all hosts, before a placeholder of its own', () => {
    const shared = held(both);
    const own = held(one, { placeholder: true });
    expect(chooseCertificate([own, shared], one, 0)).toBe(shared);
    expect(chooseCertificate([own, held(both, { directory: 'https://else/dir' })], one, 0)).toBe(own);
    expect(chooseCertificate([own, shared], both, 0)).toBe(shared);
    expect(chooseCertificate([held(one)], both, 0)).toBeUndefined();
  });

  it('is never one that has ended while another holds', () => {
    const ended = held(one, { notAfterMs: 10 });
    const shared = held(both);
    expect(chooseCertificate([ended, shared], one, 11)).toBe(shared);
    expect(chooseCertificate([ended], one, 11)).toBe(ended);
  });

  it('covers a host by its wildcard, one label deep', () => {
    const internal = { certificate: { kind: 'internal' } };
    const wild = held(wishOf('shop', internal, '*.a.test'));
    expect(chooseCertificate([wild], wishOf('x', internal, 'www.a.test'), 0)).toBe(wild);
    expect(chooseCertificate([wild], wishOf('x', internal, 'a.b.a.test'), 0)).toBeUndefined();
  });
});

describe('time', () => {
  it('renews when two thirds of the life have passed', () => {
    expect(dueAtMs({ notBeforeMs: 30 * dayMs, notAfterMs: 120 * dayMs })).toBe(90 * dayMs);
  });

  it.each([
    [1, undefined, 5],
    [2, undefined, 10],
    [3, undefined, 20],
    [20, undefined, 720],
    [1, 3_600_000, 60],
    [5, 1000, 80],
  ])('waits after %i failures, asked to wait %s ms, %i minutes', (failures, retryAfterMs, minutes) =>
    expect(backOffMs(failures, retryAfterMs)).toBe(minutes * 60_000),
  );

  it.each([
    ['valid for long', {}, 0, undefined],
    ['late with its renewal', {}, 76 * dayMs, 'The certificate for a.test ends in 14 days'],
    [
      'that could not be renewed',
      { trouble: { failures: 1, message: 'no', nextTryAtMs: 1 } },
      60 * dayMs,
      'The certificate for a.test ends in 30 days: no',
    ],
    ['that ended', {}, 91 * dayMs, 'The certificate for a.test has expired'],
    ['not there yet', { placeholder: true }, 0, 'The certificate for a.test is not there yet'],
    ['of files, two weeks before its end', { kind: 'files' as const }, 77 * dayMs, 'The certificate for a.test ends in 13 days'],
    ['of files, before that', { kind: 'files' as const }, 75 * dayMs, undefined],
  ])('says what to know of one %s', (_name, rest, nowMs, text) =>
    expect(certificateWarning(held(wishOf('shop', acme, 'a.test'), rest), nowMs)).toBe(text),
  );
});

describe('the edge', () => {
  const to = { id: 'new', fingerprint: 'n', hosts: ['a.test'] };
  const edge: AppEdge = {
    app: 'shop',
    listeners: [
      { address: '', port: 443, mode: 'http', rules: [], tls: { certificates: [{ id: 'old', fingerprint: 'o', hosts: ['a.test'] }] } },
      { address: '', port: 80, mode: 'http', rules: [] },
    ],
    backends: [],
  };

  it('gets a certificate in the place of another, and only where it has that', () => {
    const changed = replaceCertificate(edge, ['old'], to);
    expect(changed.listeners[0]?.tls?.certificates).toEqual([to]);
    expect(replaceCertificate(changed, ['old'], to)).toBe(changed);
    expect(replaceCertificate(edge, ['unknown'], to)).toBe(edge);
    expect(replaceCertificate(changed, ['new'], { ...to, fingerprint: 'm' }).listeners[0]?.tls?.certificates[0]?.fingerprint).toBe('m');
  });

  it.each([
    ['all hosts', ['a.test'], undefined, ['a.test'], true],
    ['more', ['a.test'], undefined, ['a.test', 'b.test'], true],
    ['one of two hosts', ['a.test', 'b.test'], undefined, ['a.test'], false],
    ['a name under its wildcard', ['x.a.test'], undefined, ['*.a.test'], true],
    ['a name two under it', ['y.x.a.test'], undefined, ['*.a.test'], false],
    ['no host of a route that has none', ['a.test'], 'shop.web.3000', ['a.test'], false],
    ['the whole machine', ['a.test'], 'shop.web.3000', [], true],
  ])('gets one in the place of another that is for %s', (...[, hosts, fallback, of, isReplaced]) => {
    const rules = hosts.map((host) => ({ host, path: '/', service: 'web' }));
    const tls = { certificates: [{ id: 'old', fingerprint: 'o', hosts }] };
    const of443 = { ...edge, listeners: [{ address: '', port: 443, mode: 'http' as const, rules, fallback, tls }] };
    const changed = replaceCertificate(of443, ['old'], { ...to, hosts: of });
    expect(changed.listeners[0]?.tls?.certificates[0]?.id).toBe(isReplaced ? 'new' : 'old');
  });

  it('answers challenges on port 80, which is opened for that where nobody has it', () => {
    const thumbprints = [{ hosts: ['a.test'], thumbprint: 't' }];
    expect(withChallenges(edge, [])).toBe(edge);
    expect(withChallenges(edge, thumbprints)).toEqual({ ...edge, acmeThumbprints: thumbprints });
    const without = { ...edge, listeners: edge.listeners.slice(0, 1) };
    expect(withChallenges(without, thumbprints).listeners[0]).toEqual({ address: '', port: 80, mode: 'http', rules: [] });
  });
});
