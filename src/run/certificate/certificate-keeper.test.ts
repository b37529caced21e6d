import { describe, expect, it } from 'vitest';
import { BerthError } from '../../errors/index.ts';
import type { Project } from '../../model/index.ts';
import { FakeWorld, project, web } from '../../../test/fakes/world.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const acme = { certificate: { kind: 'acme', directory: 'https://ca.example/dir', challenge: 'http-01' } };
const internal = { certificate: { kind: 'internal' } };
const routes = (...hosts: string[]) => [
  ...hosts.map((host) => ({ host, port: 443, tls: true })),
  ...hosts.map((host) => ({ host, port: 80, rules: { httpsRedirect: { port: 443 } } })),
];

function shop(tls: object, hosts = ['a.test'], over: { service?: object; places?: Record<string, string> } = {}): Project {
  const { service, places = {} } = over;
  return project([web({ replicas: 1, ports: [], port: 3000, routes: routes(...hosts), tls, ...service })], { name: 'shop', places });
}

const onEdge = (w: FakeWorld) => w.dataPlane.config.listeners.flatMap((l) => l.tls?.certificates ?? []);
const refuse = (retryAfterMs?: number) => () => {
  throw new BerthError('CERTIFICATE_FAILED', 'The ACME server says no.', { details: retryAfterMs === undefined ? {} : { retryAfterMs } });
};

/** Lets the server's own loops run for a time. */
async function pass(w: FakeWorld, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= dayMs) await w.clock.run(w.clock.sleep(Math.min(left, dayMs)));
}

async function up(w: FakeWorld, p: Project) {
  await w.clock.run(w.runner.resume());
  return w.up(p);
}

describe('a certificate of an ACME server', () => {
  it('is ordered once the edge answers, with a placeholder before; the plan says both', async () => {
    const w = new FakeWorld();
    let atOrder: unknown;
    w.certificates.onOrder = () => {
      atOrder = { certificates: onEdge(w), thumbprints: w.dataPlane.config.acmeThumbprints };
    };
    const ended = await up(w, shop(acme));
    expect(ended).toMatchObject({ state: 'done', exitCode: 0 });
    const steps = w.steps(ended.id).filter((step) => /certificate|edge\.(routes|add)/.test(step));
    expect(steps[0]).toBe('done certificate.ensure web');
    expect(steps).toContain('done certificate.order web');
    expect(atOrder).toMatchObject({
      certificates: [{ hosts: ['a.test'], fingerprint: expect.stringMatching(/#1$/) as unknown }],
      thumbprints: [{ hosts: ['a.test'], thumbprint: 'https://ca.example/dir#0' }],
    });
    expect(onEdge(w)).toEqual([expect.objectContaining({ fingerprint: expect.stringMatching(/#2$/) as unknown })]);
    expect(await w.up(shop(acme))).toMatchObject({ unchanged: true });
  });

  it('that cannot be had does not stop the rollout: it says so, and is ordered again, later each time', async () => {
    const w = new FakeWorld();
    w.certificates.onOrder = refuse();
    const ended = await up(w, shop(acme));
    expect(ended).toMatchObject({ state: 'done', exitCode: 0 });
    const notices = w.store.listEvents({ rollout: ended.id }).flatMap(({ event }) => (event.type === 'notice' ? [event.message] : []));
    expect(notices.join('\n')).toContain('The ACME server says no. A certificate of berth on m1 serves meanwhile');
    expect((await w.runner.status('shop')).services[0]?.certificate).toMatchObject({
      state: 'placeholder',
      warning: 'The certificate for a.test is not there yet: The ACME server says no.',
    });
    await pass(w, 80 * minuteMs);
    const waits = w.certificates.orders.map((o, i, all) => Math.round((o.atMs - (all[i - 1]?.atMs ?? o.atMs)) / minuteMs));
    expect(waits).toEqual([0, 5, 10, 20, 40]);
    w.certificates.onOrder = () => undefined;
    await pass(w, 81 * minuteMs);
    expect((await w.runner.status('shop')).services[0]?.certificate).toMatchObject({ state: 'valid' });
    expect(onEdge(w)[0]?.fingerprint).toBe(w.certificates.list()[0]?.fingerprint);
    expect(w.certificates.list()[0]?.trouble).toBeUndefined();
  });

  it('is not asked for again before the server wants to be, also by a server that was started anew', async () => {
    const w = new FakeWorld();
    w.certificates.onOrder = refuse(3 * 3_600_000);
    await up(w, shop(acme));
    await w.runner.close();
    w.runner = w.makeRunner(w.store);
    await w.clock.run(w.runner.resume());
    await pass(w, 179 * minuteMs);
    expect(w.certificates.orders).toHaveLength(1);
    await pass(w, 2 * minuteMs);
    expect(w.certificates.orders).toHaveLength(2);
  });

  it('is renewed at two thirds of its life, and goes on serving while that fails', async () => {
    const w = new FakeWorld();
    await up(w, shop(acme));
    const [first] = onEdge(w);
    w.certificates.onOrder = refuse();
    await pass(w, 59 * dayMs);
    expect(w.certificates.orders).toHaveLength(1);
    await pass(w, 2 * dayMs);
    expect(w.certificates.orders.length).toBeGreaterThan(2);
    expect(onEdge(w)).toEqual([first]);
    expect((await w.runner.certificates())[0]).toMatchObject({
      state: 'valid',
      warning: expect.stringContaining('The ACME server says no') as unknown,
    });
    w.certificates.onOrder = () => undefined;
    await pass(w, dayMs);
    expect(onEdge(w)[0]?.fingerprint).not.toBe(first?.fingerprint);
    expect(onEdge(w)[0]?.id).toBe(first?.id);
  });

  it('of another server: what the hosts had serves until it is there, and the edge answers for the new account', async () => {
    const w = new FakeWorld();
    await up(w, shop(acme));
    const [first] = onEdge(w);
    const moved = { certificate: { ...acme.certificate, directory: 'https://other.example/dir' } };
    const seen: unknown[] = [];
    w.certificates.onOrder = () => {
      seen.push(w.dataPlane.config.acmeThumbprints);
      refuse()();
    };
    const ended = await w.up(shop(moved));
    expect(ended).toMatchObject({ exitCode: 0 });
    const notices = w.store.listEvents({ rollout: ended.id }).flatMap(({ event }) => (event.type === 'notice' ? [event.message] : []));
    expect(notices.join('\n')).toContain('A certificate of Test CA serves meanwhile');
    expect(seen).toEqual([[{ hosts: ['a.test'], thumbprint: 'https://other.example/dir#0' }]]);
    expect(onEdge(w)).toEqual([{ ...first, id: expect.not.stringContaining(first?.id ?? '') as unknown, placeholder: true }]);
    expect((await w.runner.certificates())[0]).toMatchObject({ state: 'placeholder', issuer: 'Test CA' });
    w.certificates.onOrder = () => undefined;
    await pass(w, dayMs);
    expect((await w.runner.certificates())[0]).toMatchObject({ state: 'valid' });
    expect(onEdge(w)[0]?.fingerprint).not.toBe(first?.fingerprint);
  });

  it('with another address is renewed with that account, for which the edge answers', async () => {
    const w = new FakeWorld();
    await up(w, shop(acme));
    w.certificates.onOrder = () => expect(w.dataPlane.config.acmeThumbprints).toHaveLength(1);
    await w.up(shop({ certificate: { ...acme.certificate, email: 'new@a.test' } }));
    expect(w.certificates.orders).toHaveLength(1);
    await pass(w, 61 * dayMs);
    expect(w.certificates.orders).toHaveLength(2);
    expect((await w.runner.certificates())[0]).toMatchObject({ state: 'valid' });
  });

  it('is ordered with a new account when the server closed the old one; the edge knows of it first', async () => {
    const w = new FakeWorld();
    const seen: (string | undefined)[] = [];
    w.certificates.onOrder = () => {
      seen.push(w.dataPlane.config.acmeThumbprints?.[0]?.thumbprint);
      if (seen.length === 1) throw new BerthError('CERTIFICATE_FAILED', 'Closed.', { details: { accountClosed: true } });
    };
    expect(await up(w, shop(acme))).toMatchObject({ exitCode: 0 });
    expect(seen).toEqual(['https://ca.example/dir#0', 'https://ca.example/dir#1']);
    expect(w.certificates.list()[0]?.placeholder).toBe(false);
  });

  it('is one for apps with the same hosts, and serves those that it covers', async () => {
    const w = new FakeWorld();
    await up(w, shop(acme, ['a.test', 'b.test']));
    await w.up(
      project([web({ replicas: 1, ports: [], port: 3000, routes: [{ host: 'a.test', path: '/x', port: 443, tls: true }], tls: acme })], {
        name: 'other',
      }),
    );
    await pass(w, dayMs);
    expect(w.certificates.orders).toHaveLength(1);
    expect(new Set(onEdge(w).map((c) => c.id)).size).toBe(1);
    expect(await w.runner.certificates()).toMatchObject([{ hosts: ['a.test', 'b.test'], usedBy: ['other/web', 'shop/web'] }]);
  });

  /** A service with all hosts and one with a path of the first, which one certificate can serve. */
  const pair = (...hosts: string[]): Project => {
    const service = (name: string, own: object[]) => ({ ...web({ replicas: 1, ports: [], port: 3000, routes: own, tls: acme }), name });
    const docs = service('docs', [{ host: hosts[0], path: '/docs', port: 443, tls: true }]);
    return project([docs, service('web', routes(...hosts))], { name: 'shop' });
  };
  const hostsOf = (w: FakeWorld, service: string) =>
    (w.store.getEdge('shop')?.listeners ?? [])
      .filter((l) => l.tls !== undefined && l.rules.some((r) => r.service === service))
      .flatMap((l) => l.tls?.certificates.flatMap((c) => c.hosts) ?? []);

  it('is ordered once for services of one rollout where one covers the other, and renewed for both', async () => {
    const w = new FakeWorld();
    expect(await up(w, pair('a.test', 'www.a.test'))).toMatchObject({ exitCode: 0 });
    expect(w.certificates.orders).toHaveLength(1);
    expect(new Set(onEdge(w).map((c) => c.fingerprint)).size).toBe(1);
    expect([hostsOf(w, 'web'), hostsOf(w, 'docs')]).toEqual([
      ['a.test', 'www.a.test'],
      ['a.test', 'www.a.test'],
    ]);
    w.certificates.onOrder = () => expect(w.dataPlane.config.acmeThumbprints?.[0]?.hosts).toEqual(['a.test', 'www.a.test']);
    expect(await w.clock.run(w.runner.renewCertificates(['a.test']))).toMatchObject([{ usedBy: ['shop/docs', 'shop/web'] }]);
    expect(w.certificates.orders).toHaveLength(2);
    await pass(w, 61 * dayMs);
    expect(w.certificates.orders).toHaveLength(3);
    expect(new Set(onEdge(w).map((c) => c.fingerprint))).toEqual(new Set([w.certificates.list().find((c) => !c.placeholder)?.fingerprint]));
  });

  it('of fewer hosts serves where the one of all cannot be had, and never in its place', async () => {
    const w = new FakeWorld();
    w.certificates.onOrder = (wish) => (wish.hosts.length > 1 ? refuse()() : undefined);
    expect(await up(w, pair('a.test', 'www.a.test'))).toMatchObject({ exitCode: 0 });
    expect([hostsOf(w, 'web'), hostsOf(w, 'docs')]).toEqual([['a.test', 'www.a.test'], ['a.test']]);
    expect(onEdge(w).map((c) => [c.hosts.length, c.placeholder])).toEqual([
      [1, undefined],
      [2, true],
    ]);
    expect((await w.runner.certificates()).map((c) => [c.state, c.usedBy])).toEqual([
      ['placeholder', ['shop/web']],
      ['valid', ['shop/docs']],
    ]);
    w.certificates.onOrder = () => undefined;
    await w.clock.run(w.runner.renewCertificates([]));
    expect([hostsOf(w, 'web'), hostsOf(w, 'docs')]).toEqual([['a.test', 'www.a.test'], ['a.test']]);
    expect((await w.runner.certificates()).map((c) => c.state)).toEqual(['valid', 'valid']);
  });

  it('is given to those that it covers also where it came later', async () => {
    const w = new FakeWorld();
    w.certificates.onOrder = refuse();
    await up(w, pair('a.test', 'www.a.test'));
    w.certificates.onOrder = (wish) => (wish.hosts.length > 1 ? undefined : refuse()());
    await pass(w, dayMs);
    expect([hostsOf(w, 'web'), hostsOf(w, 'docs')]).toEqual([
      ['a.test', 'www.a.test'],
      ['a.test', 'www.a.test'],
    ]);
    expect(new Set(onEdge(w).map((c) => c.fingerprint)).size).toBe(1);
    expect(await w.up(pair('a.test', 'www.a.test'))).toMatchObject({ unchanged: true });
  });

  it('is ordered by hand once for those that it covers', async () => {
    const w = new FakeWorld();
    w.certificates.onOrder = refuse();
    await up(w, pair('a.test', 'www.a.test'));
    const failed = w.certificates.orders.length;
    w.certificates.onOrder = () => undefined;
    expect(await w.clock.run(w.runner.renewCertificates(['a.test']))).toMatchObject([
      { state: 'valid', usedBy: ['shop/docs', 'shop/web'] },
    ]);
    await pass(w, minuteMs);
    expect(w.certificates.orders).toHaveLength(failed + 1);
    expect(onEdge(w).map((c) => c.hosts)).toEqual([['a.test', 'www.a.test']]);
  });

  it('is ordered once for services with the same hosts', async () => {
    const w = new FakeWorld();
    await up(w, pair('a.test'));
    expect(w.certificates.orders).toHaveLength(1);
    expect(await w.runner.certificates()).toMatchObject([{ state: 'valid', usedBy: ['shop/docs', 'shop/web'] }]);
  });
});

describe("a certificate of berth's own", () => {
  it('is made before the edge speaks TLS, and again at two thirds of its life', async () => {
    const w = new FakeWorld();
    expect(await up(w, shop(internal))).toMatchObject({ exitCode: 0 });
    const [first] = onEdge(w);
    expect(first).toMatchObject({ hosts: ['a.test'] });
    await pass(w, 61 * dayMs);
    expect(onEdge(w)[0]?.id).toBe(first?.id);
    expect(onEdge(w)[0]?.fingerprint).not.toBe(first?.fingerprint);
    const [renewed] = await w.clock.run(w.runner.renewCertificates(['a.test']));
    expect(renewed).toMatchObject({ state: 'valid', kind: 'internal' });
  });
});

describe('a renewed certificate that the edge could not take', () => {
  it.each([acme, internal])('reaches it a little later, and is not ordered again for that', async (tls) => {
    const w = new FakeWorld();
    await up(w, shop(tls));
    const orders = w.certificates.orders.length;
    const [before] = onEdge(w);
    w.dataPlane.plant(w.dataPlane.calls.length + 1, 'fail');
    await expect(w.clock.run(w.runner.renewCertificates(['a.test']))).rejects.toThrow();
    await pass(w, minuteMs);
    expect(onEdge(w)[0]?.fingerprint).toBe(w.certificates.get(before?.id ?? '')?.fingerprint);
    expect(onEdge(w)[0]?.fingerprint).not.toBe(before?.fingerprint);
    expect(w.certificates.orders).toHaveLength(orders === 0 ? 0 : orders + 1);
    expect(w.certificates.list()[0]?.trouble).toBeUndefined();
  });
});

describe('a certificate of files', () => {
  it('that is not valid now is refused with its place before anything is built or changed', async () => {
    const w = new FakeWorld();
    w.certificates.problem = '«a.test» expired on 2020-01-01';
    const own = { certificate: { kind: 'files', certSha256: 'c', keySha256: 'k' } };
    const service = { image: undefined, build: { context: '/src', hash: 'h' } };
    const ended = await up(w, shop(own, ['a.test'], { service, places: { 'services.web.x-berth.tls': 'compose.yaml:4:7' } }));
    expect(ended).toMatchObject({ exitCode: 2, error: { code: 'CERTIFICATE_INVALID' } });
    expect(ended.error?.message).toBe('The certificate of web (compose.yaml:4:7) cannot be used: «a.test» expired on 2020-01-01.');
    expect(w.instances()).toEqual([]);
    expect(w.builder.builds).toEqual([]);
  });

  it('that has ended does not keep an earlier release from coming back: the one that serves stays', async () => {
    const w = new FakeWorld();
    const files = (pair: string, hosts?: string[]): Project => {
      w.certificates.pairs.add(`${pair}-k`);
      return shop({ certificate: { kind: 'files', certSha256: pair, keySha256: 'k' } }, hosts);
    };
    await up(w, files('old'));
    await w.up(files('new', ['a.test', 'b.test']));
    w.certificates.problems.set('old', '«a.test» expired on 2020-01-01');
    const { id, exitCode } = await w.do({ kind: 'rollback', app: 'shop' });
    expect(exitCode).toBe(0);
    expect(w.store.getRelease('shop', 3)?.project.services[0]?.tls?.certificate).toMatchObject({ certSha256: 'new' });
    expect(onEdge(w)).toMatchObject([{ fingerprint: w.certificates.list()[0]?.fingerprint }]);
    const said = w.store.listEvents({ rollout: id }).flatMap(({ event }) => (event.type === 'notice' ? [event.message] : []));
    expect(said).toContain('The certificate of web in release 1 has ended; the one that serves now stays.');
    // One that is not for its hosts cannot stay.
    await w.up(files('other', ['c.test']));
    expect(await w.do({ kind: 'rollback', app: 'shop', to: 1 })).toMatchObject({ exitCode: 2, error: { code: 'CERTIFICATE_INVALID' } });
  });
});
