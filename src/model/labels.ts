/** Labels on everything that berth creates on an engine (DESIGN §8). berth touches only what carries its own installation's id. */
export const labels = {
  app: 'dev.berth.app',
  service: 'dev.berth.service',
  release: 'dev.berth.release',
  instance: 'dev.berth.instance',
  role: 'dev.berth.role',
  installation: 'dev.berth.installation',
  /** On the edge: the home of the installation, so that another one can say who holds a port. */
  home: 'dev.berth.home',
  /** Hash of all that makes an instance what it is: equal hash, nothing to roll. */
  config: 'dev.berth.config',
  /** The rollout that created it. */
  rollout: 'dev.berth.rollout',
  /** The engine network whose address the edge uses (`host` for the machine's own). */
  network: 'dev.berth.network',
  /** `front` on an instance that other services call through a front: it has no name of the service on the app's networks. */
  internal: 'dev.berth.internal',
  /** The restart policy that the file asks for, where it is `no`: it tells a kept failure from a plain end. */
  restart: 'dev.berth.restart',
  /** On the containers of a proxy: how often it was replaced before. */
  generation: 'dev.berth.generation',
  /** On images: the hash of everything that went into the build. */
  build: 'dev.berth.build',
} as const;

/** What a container of berth is there for. */
export const roles = ['instance', 'job', 'release', 'run', 'edge', 'front', 'holder'] as const;

/** What a container of berth is there for. */
export type Role = (typeof roles)[number];
