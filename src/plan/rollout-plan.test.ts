import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instance, Plan } from '../model/index.ts';
import { project, service, web } from '../../test/fakes/world.ts';
import { jobServices, planRollout, type Desired, type DesiredService, type Observed, type PlanOptions } from './index.ts';
import type { Service } from '../model/index.ts';

const forward: PlanOptions = { direction: 'forward', only: [], keep: [], watch: true, promote: true };

function desiredService(s: Service, rest: Partial<DesiredService> = {}): DesiredService {
  const probe = s.probe ?? { check: { kind: 'tcp' as const }, intervalMs: 1000, timeoutMs: 2000, successes: 2, withinMs: 60_000 };
  return {
    service: s,
    replicas: s.replicas,
    config: 'new',
    probe,
    protocol: 'http',
    port: s.ports[0]?.target,
    tcpPorts: [],
    internal: none,
    isJob: false,
    anonymousVolumes: [],
    force: false,
    ...rest,
  };
}

const none = { kind: 'none', why: 'of no matter here' } as const;

function desired(services: readonly Service[], rest: Partial<Desired> = {}): Desired {
  const jobs = jobServices(services);
  const wanted = services.map((s) => desiredService(s, { isJob: jobs.has(s.name) }));
  return { app: 'shop', release: 2, rolloutId: 'r2', services: wanted, networks: ['default'], volumes: [], ...rest };
}

function instance(name: string, rest: Partial<Instance> = {}): Instance {
  const serviceName = /shop-(.*)-\d+$/.exec(name)?.[1] ?? 'web';
  return {
    name,
    containerId: name,
    app: 'shop',
    service: serviceName,
    release: 1,
    config: 'old',
    rolloutId: 'r1',
    state: 'running',
    health: 'none',
    restarts: 0,
    imageId: 'sha256:1',
    failed: false,
    ...rest,
  };
}

function observed(instances: readonly Instance[], rest: Partial<Observed> = {}): Observed {
  const ready = instances.filter((i) => i.service === 'web' && i.state === 'running').map((i) => i.name);
  const edge = ready.length > 0 ? { web: { ready, draining: [], settled: true } } : {};
  return { instances, unproven: [], nameless: [], edge, fronts: {}, networks: ['default'], volumes: [], jobs: [], watched: false, ...rest };
}

const short = (plan: Plan): string[] =>
  plan.steps.map(({ action }) =>
    `${action.kind} ${'instance' in action ? action.instance : 'service' in action ? (action.service ?? '') : ''}`.trim(),
  );

describe('planRollout', () => {
  it('plans nothing where everything is as wanted', () => {
    const plan = planRollout(desired([web({ replicas: 2 })]), observed([1, 2].map((n) => instance(`shop-web-${n}`, { config: 'new' }))), {
      ...forward,
      promote: false,
    });
    expect(plan.steps).toEqual([]);
    expect(plan.services).toEqual([
      { service: 'web', change: 'none', why: 'nothing changed', order: 'start-first', gap: '0', internal: none },
    ]);
  });

  it('runs the release command before any instance changes, after what it stands on', () => {
    const db = service({ name: 'db', port: 5432 });
    const app = web({ replicas: 1, release: ['migrate'], dependsOn: [{ service: 'db', condition: 'service_healthy' }] });
    const worker = service({ name: 'worker' });
    const plan = planRollout(desired([worker, app, db]), observed([]), forward);
    const at = (text: string): number => short(plan).indexOf(text);
    expect(at('instance.probe shop-db-1')).toBeLessThan(at('job.run web'));
    expect(at('job.run web')).toBeLessThan(at('instance.create shop-web-1'));
    const release = plan.steps[at('job.run web')]?.id ?? '?';
    expect(plan.steps[at('instance.create shop-worker-1')]?.needs).toContain(release);
    expect(plan.steps[at('instance.create shop-db-1')]?.needs).not.toContain(release);
  });

  it('does not run a job of a release twice, and none when it goes back', () => {
    const job = service({ name: 'migrate' });
    const app = web({ replicas: 1, dependsOn: [{ service: 'migrate', condition: 'service_completed_successfully' }] });
    const done = { jobs: [{ name: 'shop-migrate-job-r2', service: 'migrate', config: 'new', succeeded: true }] };
    expect(short(planRollout(desired([job, app]), observed([]), forward))).toContain('job.run migrate');
    expect(short(planRollout(desired([job, app]), observed([], done), forward))).not.toContain('job.run migrate');
    expect(short(planRollout(desired([job, app]), observed([]), { ...forward, direction: 'back', promote: false }))).not.toContain(
      'job.run migrate',
    );
  });

  it('removes what the file no longer has, after everything else', () => {
    const plan = planRollout(
      desired([web({ replicas: 1 })]),
      observed([instance('shop-web-1', { config: 'new' }), instance('shop-old-1')]),
      forward,
    );
    expect(short(plan)).toEqual(['instance.stop shop-old-1', 'instance.remove shop-old-1', 'release.promote']);
  });

  it('touches only the named services', () => {
    const plan = planRollout(desired([web({ replicas: 1 }), service({ name: 'worker' })]), observed([instance('shop-gone-1')]), {
      ...forward,
      only: ['worker'],
    });
    expect(plan.services.map((s) => s.service)).toEqual(['worker']);
  });

  describe('with a front', () => {
    const front = { internal: { kind: 'front', why: 'it has 2 instances' }, tcpPorts: [3000] } as const;
    const withFront = (s: Service): Desired => ({ ...desired([s]), services: [desiredService(s, front)] });
    const api = service({ name: 'api', replicas: 2, port: 3000 });

    it('has it before who depends on the service, and adds an instance before an old one is drained', () => {
      const old = [1, 2].map((n) => instance(`shop-api-${n}`, { fronted: true }));
      const ready = { ready: ['shop-api-1', 'shop-api-2'], draining: [], settled: true };
      const plan = planRollout(withFront(api), observed(old, { fronts: { api: ready } }), forward);
      expect(short(plan).slice(0, 7)).toEqual([
        'instance.create shop-api-3',
        'instance.start shop-api-3',
        'instance.probe shop-api-3',
        'front.add shop-api-3',
        'front.drain shop-api-1',
        'instance.stop shop-api-1',
        'instance.remove shop-api-1',
      ]);
      const app = web({ replicas: 1, dependsOn: [{ service: 'api' }] });
      const both = { ...desired([]), services: [desiredService(api, front), desiredService(app)] };
      const first = planRollout(both, observed([]), forward);
      const opened = first.steps.find((s) => s.action.kind === 'front.open');
      const created = first.steps.find((s) => s.action.kind === 'instance.create' && s.action.service === 'web');
      expect(created?.needs).toContain(opened?.id);
    });

    it('takes the name first when there was none, and lets go of an old instance when nobody calls it any more', () => {
      const old = [1, 2].map((n) => instance(`shop-api-${n}`));
      const plan = planRollout(withFront(api), observed(old), forward);
      expect(plan.steps[0]?.action).toEqual({ kind: 'front.open', service: 'api', instances: ['shop-api-1', 'shop-api-2'] });
      // Nobody who loses a connection to the one is sent to the other, which is to go, too.
      expect(short(plan).slice(1, 3)).toEqual(['instance.name shop-api-1', 'instance.name shop-api-2']);
      const drain = plan.steps.find((s) => s.action.kind === 'front.drain');
      expect(drain?.needs).toContain(plan.steps[2]?.id);
      expect(short(plan).filter((s) => s.endsWith('shop-api-1'))).toEqual([
        'instance.name shop-api-1',
        'front.drain shop-api-1',
        'instance.quiet shop-api-1',
        'instance.stop shop-api-1',
        'instance.remove shop-api-1',
      ]);
      expect(short(plan).at(-3)).toBe('front.settle api');
      expect(plan.services[0]).toMatchObject({ why: 'other services reach it through a front from now on', internal: front.internal });
    });

    it('goes when it is no longer wanted, after every instance has the name itself', () => {
      const old = [1, 2].map((n) => instance(`shop-api-${n}`, { fronted: true }));
      const ready = { ready: ['shop-api-1', 'shop-api-2'], draining: [], settled: false };
      const plan = planRollout(desired([api]), observed(old, { fronts: { api: ready } }), forward);
      const at = (text: string): number => short(plan).indexOf(text);
      expect(at('front.add shop-api-4')).toBeGreaterThan(-1);
      expect(at('front.remove api')).toBeGreaterThan(at('instance.remove shop-api-2'));
    });
  });

  it('starts and probes again what a crash left half done', () => {
    const half = [instance('shop-web-1'), instance('shop-web-2', { config: 'new', rolloutId: 'r2', state: 'created' })];
    const plan = planRollout(
      desired([web({ replicas: 1 })]),
      observed(half, { edge: { web: { ready: ['shop-web-1'], draining: [], settled: true } } }),
      forward,
    );
    expect(short(plan).slice(0, 4)).toEqual([
      'instance.start shop-web-2',
      'instance.probe shop-web-2',
      'edge.add shop-web-2',
      'edge.drain shop-web-1',
    ]);
  });

  it.each([
    ['a volume', { mounts: [{ type: 'volume', source: 'data', target: '/d' }] }, 'volume `data` can have one writer'],
    ['a fixed name', { containerName: 'one' }, 'container_name `one` is fixed'],
    ['host networking', { networkMode: 'host' }, 'network_mode is host'],
    ['a fixed address', { networks: [{ network: 'default', ipv4Address: '10.1.1.5' }] }, 'its address is fixed'],
    ['a UDP port', { ports: [{ target: 53, published: 53, protocol: 'udp' }] }, 'UDP port 53 can have one holder'],
  ])('stops first for %s, and says so', (_, with_, why) => {
    const s = web({ replicas: 1, ...with_ });
    const plan = planRollout(desired([s]), observed([instance('shop-web-1')]), forward);
    expect(plan.services[0]).toMatchObject({ order: 'stop-first', change: 'roll' });
    expect(plan.services[0]?.gap).toContain(why);
    const at = (kind: string): number => plan.steps.findIndex((step) => step.action.kind === kind);
    expect(at('instance.stop')).toBeLessThan(at('instance.create'));
  });

  it('lets `order` in the file override', () => {
    const s = web({ replicas: 1, mounts: [{ type: 'volume', source: 'data', target: '/d' }], rollout: { order: 'start-first' } });
    expect(planRollout(desired([s]), observed([instance('shop-web-1')]), forward).services[0]).toMatchObject({
      order: 'start-first',
      gap: '0',
    });
  });

  it('never has fewer ready instances than wanted, whatever order its steps run in, and ends with exactly the wanted ones', () => {
    const counts = fc.record({
      old: fc.nat(5),
      current: fc.nat(4),
      replicas: fc.nat(5),
      parallelism: fc.nat(4),
      unavailable: fc.nat(2),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(counts, ({ old, current, replicas, parallelism, unavailable, seed }) => {
        const names = Array.from({ length: old + current }, (_, i) => `shop-web-${i + 1}`);
        const instances = names.map((name, i) => instance(name, i < old ? {} : { config: 'new' }));
        const s = web({ replicas, rollout: { parallelism, unavailable } });
        const plan = planRollout(desired([s]), observed(instances), forward);
        const allowed = Math.min(old + current, replicas) - unavailable;
        const ready = runInRandomOrder(plan, new Set(names), { allowed, seed });
        expect(ready.size).toBe(replicas);
      }),
      { numRuns: 300 },
    );
  });

  it('plans 1,000 services with 3 instances each', () => {
    const services = Array.from({ length: 1000 }, (_, i) => web({ replicas: 3, ports: [{ target: 3000, published: 10_000 + i }] })).map(
      (s, i) => ({ ...s, name: `s${i}` }),
    );
    expect(planRollout(desired(project(services).services), observed([]), forward).steps.length).toBeGreaterThan(12_000);
  });
});

/** Runs a plan step by step, choosing freely among what `needs` allow; answers the instances with traffic at the end. */
function runInRandomOrder(plan: Plan, ready: Set<string>, input: { allowed: number; seed: number }): Set<string> {
  const done = new Set<string>();
  const exists = new Set(ready);
  let { seed } = input;
  while (done.size < plan.steps.length) {
    const open = plan.steps.filter((s) => !done.has(s.id) && s.needs.every((n) => done.has(n)));
    seed = (seed * 1103515245 + 12345) % 2147483648;
    const step = open[seed % open.length];
    if (step === undefined) throw new Error('a step needs itself');
    const { action } = step;
    if (action.kind === 'instance.create') {
      expect(exists.has(action.instance), `${action.instance} is created while it exists`).toBe(false);
      exists.add(action.instance);
    }
    if (action.kind === 'instance.remove') exists.delete(action.instance);
    if (action.kind === 'edge.add') ready.add(action.instance);
    if (action.kind === 'edge.drain') ready.delete(action.instance);
    expect(ready.size).toBeGreaterThanOrEqual(input.allowed);
    done.add(step.id);
  }
  return ready;
}
