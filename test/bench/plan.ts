import { serviceSchema, rolloutSettingsSchema, probeSchema } from '../../src/model/index.ts';
import { planRollout, type Desired, type DesiredService, type Observed } from '../../src/plan/index.ts';
import { atMost, median, told, type Bench } from './kit/bench.ts';

const services = 1000;
const replicas = 3;
const rounds = 9;

/** How long planning takes for an app far larger than any on one machine. */
export const plan: Bench = {
  name: 'plan',
  what: `planning an update of ${services} services of ${replicas} instances each`,
  how: `The pure function alone: every instance is there at the old release, every service changed. Median of ${rounds} runs, the first left out.`,
  async run() {
    const wanted = desired();
    const seen = observed();
    const tookMs: number[] = [];
    let steps = 0;
    for (let round = 0; round <= rounds; round++) {
      const startedMs = performance.now();
      const made = planRollout(wanted, seen, { direction: 'forward', only: [], keep: [], watch: true, promote: true });
      if (round > 0) tookMs.push(performance.now() - startedMs);
      steps = made.steps.length;
    }
    return Promise.resolve([atMost('time', median(tookMs), 'ms', 200), told('steps planned', steps, '')]);
  },
};

function desired(): Desired {
  const names = Array.from({ length: services }, (_, at) => `service-${at}`);
  return { app: 'bench', release: 2, rolloutId: 'bench', services: names.map(desiredService), networks: ['default'], volumes: [] };
}

function desiredService(name: string, at: number): DesiredService {
  const service = serviceSchema.parse({
    name,
    image: 'app:1',
    replicas,
    ports: [{ target: 3000, published: 10_000 + at }],
    dependsOn: at === 0 ? [] : [{ service: `service-${at - 1}` }],
    rollout: rolloutSettingsSchema.parse({}),
    container: {},
    networks: [{ network: 'default' }],
  });
  return {
    service,
    replicas,
    config: 'new',
    probe: probeSchema.parse({ check: { kind: 'http', path: '/' } }),
    protocol: 'http',
    port: 3000,
    tcpPorts: [3000],
    internal: { kind: 'front', why: 'it has several instances' },
    isJob: false,
    anonymousVolumes: [],
    force: false,
  };
}

function observed(): Observed {
  const names = Array.from({ length: services }, (_, at) => `service-${at}`);
  const instances = names.flatMap((service) =>
    Array.from({ length: replicas }, (_, index) => ({
      name: `bench-${service}-${index + 1}`,
      containerId: `${service}-${index}`,
      app: 'bench',
      service,
      release: 1,
      config: 'old',
      rolloutId: 'before',
      state: 'running' as const,
      health: 'none' as const,
      restarts: 0,
      address: '10.0.0.1',
      imageId: 'sha256:old',
      fronted: true,
      failed: false,
    })),
  );
  const edge = Object.fromEntries(
    names.map((service) => [
      service,
      { ready: Array.from({ length: replicas }, (_, index) => `bench-${service}-${index + 1}`), draining: [], settled: true },
    ]),
  );
  return { instances, unproven: [], nameless: [], edge, fronts: edge, networks: ['default'], volumes: [], jobs: [], watched: false };
}
