import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend, ProxyConfig, ProxyServer } from '../../src/model/index.ts';
import type { DataPlane, DrainInput } from '../../src/ports/index.ts';

/** A data plane with nothing on it, a port that is free and one that `holder` holds. */
export type Subject = {
  readonly dataPlane: DataPlane;
  readonly freePort: number;
  readonly heldPort: number;
  /** Where something listens on 127.0.0.1 that an instance could be. */
  readonly instancePort: number;
  close(): Promise<void>;
};

/** What every data plane does, the real one and the fake. */
export function dataPlaneContract(name: string, open: () => Promise<Subject>): void {
  describe(name, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject.close());

    const server = (serverName: string, over: Partial<ProxyServer> = {}): ProxyServer => ({
      name: serverName,
      address: '127.0.0.1',
      port: subject.instancePort,
      weight: 100,
      state: 'ready',
      ...over,
    });
    const backend = (...servers: ProxyServer[]): Backend => ({
      name: 'shop.web.80',
      app: 'shop',
      service: 'web',
      mode: 'http',
      check: { kind: 'tcp' },
      servers,
    });
    const config = (...servers: ProxyServer[]): ProxyConfig => ({
      listeners: [{ address: '', port: subject.freePort, mode: 'http', rules: [], fallback: 'shop.web.80' }],
      backends: [backend(...servers)],
    });
    const input = (serverName: string): DrainInput => ({
      backend: 'shop.web.80',
      server: serverName,
      address: '127.0.0.1',
      port: subject.instancePort,
      mode: 'http',
      drainMs: 1_000,
      longDrainMs: 1_000,
    });
    const states = async (): Promise<string[]> => (await subject.dataPlane.stats()).map((s) => `${s.server} ${s.status}`).toSorted();

    test('does nothing where there is nothing to do', async () => {
      expect(await subject.dataPlane.apply({ listeners: [], backends: [] })).toEqual({ reloaded: false });
      expect(await subject.dataPlane.stats()).toEqual([]);
      expect(await subject.dataPlane.drained(input('a'))).toEqual({ closed: 0 });
    });

    test('reloads for listeners, not for servers, weights and states', async () => {
      const { dataPlane } = subject;
      expect(await dataPlane.apply(config(server('a')))).toEqual({ reloaded: true });
      expect(await dataPlane.apply(config(server('a')))).toEqual({ reloaded: false });
      expect(await dataPlane.apply(config(server('a', { weight: 5 }), server('b')))).toEqual({ reloaded: false });
      expect(await dataPlane.apply(config(server('a', { state: 'drain' }), server('b')))).toEqual({ reloaded: false });
      expect(await states()).toEqual(['a drain', 'b up']);
      const tcp = { ...backend(server('b')), check: { kind: 'http', path: '/' } } as const;
      expect(await dataPlane.apply({ ...config(), backends: [tcp] })).toEqual({ reloaded: true });
      expect(await states()).toEqual(['b up']);
    });

    test('applies one configuration after the other, in the order of the calls', async () => {
      const { dataPlane } = subject;
      await Promise.all([
        dataPlane.apply(config(server('a'))),
        dataPlane.apply(config(server('b'))),
        dataPlane.apply(config(server('c'), server('d', { state: 'drain' }))),
      ]);
      expect(await states()).toEqual(['c up', 'd drain']);
    });

    test('waits for a drain only where one was asked for', async () => {
      const { dataPlane } = subject;
      await dataPlane.apply(config(server('a'), server('b', { state: 'drain' })));
      await expect(dataPlane.drained(input('a'))).rejects.toMatchObject({ code: 'EDGE_FAILED' });
      expect(await dataPlane.drained(input('b'))).toEqual({ closed: 0 });
      expect(await dataPlane.drained(input('gone'))).toEqual({ closed: 0 });
    });

    test('refuses what cannot be and goes on with what was', async () => {
      const { dataPlane, heldPort } = subject;
      await dataPlane.apply(config(server('a')));
      const [listener] = config().listeners;
      if (listener === undefined) throw new Error('the configuration has a listener');
      const taken = { ...config(server('b')), listeners: [listener, { ...listener, port: heldPort }] };
      await expect(dataPlane.apply(taken)).rejects.toMatchObject({ code: 'PORT_TAKEN', details: { port: heldPort } });
      const unknown = { ...config(server('b')), listeners: [{ ...listener, fallback: 'nobody' }] };
      await expect(dataPlane.apply(unknown)).rejects.toMatchObject({ code: 'EDGE_FAILED' });
      expect(await states()).toEqual(['a up']);
      expect(await dataPlane.apply(config(server('a')))).toEqual({ reloaded: false });
    });

    test('says who holds a port, unless it is its own', async () => {
      const { dataPlane, freePort, heldPort } = subject;
      expect(await dataPlane.portHolder({ address: '', port: heldPort })).toEqual(expect.any(String));
      expect(await dataPlane.portHolder({ address: '', port: freePort })).toBeUndefined();
    });

    test('does nothing for a caller that has gone', async () => {
      const { dataPlane } = subject;
      await dataPlane.apply(config(server('a')));
      await expect(dataPlane.apply(config(server('b')), AbortSignal.abort())).rejects.toThrow();
      expect(await states()).toEqual(['a up']);
    });

    test('says what it runs in, and has nothing to finish', async () => {
      const { dataPlane } = subject;
      await dataPlane.apply(config(server('a')));
      const version = await dataPlane.version(config(server('a', { weight: 5 })));
      expect(version).toMatchObject({ current: true, configured: true, finishing: 0, haproxy: expect.stringMatching(/^3\./) });
      expect(version?.image).toBe(version?.wantedImage);
      const tcp = { ...backend(server('a')), check: { kind: 'http', path: '/' } } as const;
      expect(await dataPlane.version({ ...config(), backends: [tcp] })).toMatchObject({ current: true, configured: false });
      expect(await dataPlane.apply(config(server('a'))), 'it only asks').toEqual({ reloaded: false });
      expect(await dataPlane.finished({ withinMs: 100 })).toEqual({ closed: 0 });
    });

    test('is gone after it was removed, twice', async () => {
      await subject.dataPlane.remove();
      await subject.dataPlane.remove();
      expect(await subject.dataPlane.stats()).toEqual([]);
      expect(await subject.dataPlane.apply({ listeners: [], backends: [] })).toEqual({ reloaded: false });
    });
  });
}
