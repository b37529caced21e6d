import type { BerthErrorData } from '../errors/index.ts';
import type { Probe } from './project.ts';

/** What the user asked for; each is planned, journalled and followed the same way. */
export const rolloutKinds = ['up', 'rollback', 'scale', 'restart', 'stop', 'start', 'pull', 'build', 'down'] as const;
export type RolloutKind = (typeof rolloutKinds)[number];

/** Where a rollout stands. The last four are ends. */
export const rolloutStates = ['running', 'reverting', 'done', 'reverted', 'failed', 'cancelled'] as const;
/** `failed`: ended neither in the new nor in the old release (exit 3). */
export type RolloutState = (typeof rolloutStates)[number];

/** Moving an app's services from one release to another. */
export type Rollout = {
  readonly id: string;
  readonly app: string;
  readonly kind: RolloutKind;
  readonly state: RolloutState;
  readonly fromRelease?: number | undefined;
  readonly toRelease?: number | undefined;
  readonly createdAtMs: number;
  readonly endedAtMs?: number | undefined;
  readonly error?: BerthErrorData | undefined;
  /** How often a server picked it up again after a crash. */
  readonly resumes: number;
};

/** One thing to do. Every action can be repeated safely: it looks, then does. */
export type Action =
  | { readonly kind: 'image.pull'; readonly service: string; readonly reference: string }
  | { readonly kind: 'image.build'; readonly service: string; readonly hash: string }
  | { readonly kind: 'network.ensure'; readonly network: string }
  | { readonly kind: 'network.remove'; readonly network: string }
  | { readonly kind: 'volume.ensure'; readonly volume: string }
  | { readonly kind: 'volume.remove'; readonly volume: string }
  | { readonly kind: 'job.run'; readonly service: string; readonly container: string; readonly role: 'job' | 'release' }
  | { readonly kind: 'instance.create'; readonly service: string; readonly instance: string; readonly config: string }
  | { readonly kind: 'instance.start'; readonly service: string; readonly instance: string }
  | {
      readonly kind: 'instance.probe';
      readonly service: string;
      readonly instance: string;
      readonly probe: Probe;
      readonly monitorMs: number;
    }
  | { readonly kind: 'instance.stop'; readonly service: string; readonly instance: string; readonly graceMs: number }
  | { readonly kind: 'instance.remove'; readonly service: string; readonly instance: string }
  | { readonly kind: 'certificate.ensure'; readonly service: string; readonly hosts: readonly string[] }
  | { readonly kind: 'certificate.order'; readonly service: string; readonly hosts: readonly string[] }
  | { readonly kind: 'edge.routes'; readonly service: string; readonly phase: 'open' | 'settle' }
  | { readonly kind: 'edge.add'; readonly service: string; readonly instance: string }
  | {
      readonly kind: 'edge.drain';
      readonly service: string;
      readonly instance: string;
      readonly drainMs: number;
      readonly longDrainMs: number;
    }
  | { readonly kind: 'edge.forget'; readonly service?: string | undefined }
  /** `instances` serve already and are behind the front from its first moment. */
  | { readonly kind: 'front.open'; readonly service: string; readonly instances: readonly string[] }
  | { readonly kind: 'front.add'; readonly service: string; readonly instance: string }
  | {
      readonly kind: 'front.drain';
      readonly service: string;
      readonly instance: string;
      readonly drainMs: number;
      readonly longDrainMs: number;
    }
  | { readonly kind: 'front.settle'; readonly service: string }
  /** With `drainMs`, callers go on without it: its name goes first, and they have so long to follow. */
  | { readonly kind: 'front.remove'; readonly service: string; readonly keepsAddress: boolean; readonly drainMs?: number | undefined }
  /** Waits for callers that know an instance by its own address, from before there was a front. */
  | { readonly kind: 'instance.quiet'; readonly service: string; readonly instance: string; readonly drainMs: number }
  /** Lets an instance go without the names of its service, which its front has from here on, or gives them back to it. */
  | { readonly kind: 'instance.name'; readonly service: string; readonly instance: string; readonly holder: 'front' | 'instance' }
  | { readonly kind: 'wait'; readonly service: string; readonly ms: number }
  | { readonly kind: 'watch'; readonly services: readonly string[]; readonly instances: readonly string[]; readonly ms: number }
  | { readonly kind: 'release.promote'; readonly release: number };

/** One planned action: `needs` are the ids of steps that must be done before. */
export type Step = {
  readonly id: string;
  readonly action: Action;
  readonly reason: string;
  readonly needs: readonly string[];
};

/** What the plan says about one service. */
export type ServicePlan = {
  readonly service: string;
  readonly change: 'none' | 'create' | 'roll' | 'scale' | 'stop' | 'remove' | 'job';
  readonly why: string;
  readonly order: 'start-first' | 'stop-first';
  /** '0', or '≈4 s: volume `data` can have one writer'. */
  readonly gap: string;
  /** How other services reach it by its name; absent where that is not told (stopping, taking away). */
  readonly internal?: Internal | undefined;
  /** Routes that were made of labels or variables for another proxy. */
  readonly routes?: readonly PlannedRoute[] | undefined;
};

/** A route as a plan tells of it: where it enters, where it leads when not to the service, what it does, and what it was made from. */
export type PlannedRoute = {
  readonly host?: string;
  readonly path: string;
  readonly port: number;
  readonly leadsTo?: string;
  /** The keys of `x-berth.routes` that stand for what it does: `strip`, `rateLimit`. */
  readonly rules: readonly string[];
  readonly from: string;
};

/** How other services reach a service: through a front, straight at its instances, or not at all. */
export type Internal = { readonly kind: 'front' | 'dns' | 'none'; readonly why: string };

/** A plan as data: the very steps that `berth up` runs, in an order that honours `needs`. */
export type Plan = {
  readonly app: string;
  readonly release: number;
  readonly services: readonly ServicePlan[];
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
};

/** How one probe went; `atMs` is the wall clock. */
export type ProbeResult = {
  readonly atMs: number;
  readonly ok: boolean;
  readonly target: string;
  /** `200`, `connection refused`, `no answer in 2 s`. */
  readonly outcome: string;
  readonly tookMs: number;
};

/** What is known about an instance that failed: enough to mend it without logging in. */
export type Evidence = {
  readonly instance: string;
  readonly gate: string;
  readonly probes: readonly ProbeResult[];
  /** Sockets it listens on, `0.0.0.0:3000`. */
  readonly listening: readonly string[];
  /** Exit code in words: `137: killed (SIGKILL), out of memory`. */
  readonly exit?: string | undefined;
  readonly logs: readonly string[];
  /** One sentence when the cause is plain: `It listens on 127.0.0.1:3000 only, so nothing outside can reach it.` */
  readonly diagnosis?: string | undefined;
};

/** Something that happened in a rollout. Data only: words and colour belong to the renderers. */
export type RolloutEvent =
  | {
      readonly type: 'rollout.started';
      readonly kind: RolloutKind;
      readonly app: string;
      readonly fromRelease?: number | undefined;
      readonly toRelease?: number | undefined;
    }
  | { readonly type: 'rollout.resumed'; readonly how: 'resume' | 'revert'; readonly why: string }
  | { readonly type: 'plan.ready'; readonly plan: Plan }
  | { readonly type: 'step.started'; readonly step: string; readonly action: Action; readonly reason: string }
  | {
      readonly type: 'step.progress';
      readonly step: string;
      readonly message: string;
      readonly current?: number | undefined;
      readonly total?: number | undefined;
    }
  | {
      readonly type: 'step.done';
      readonly step: string;
      readonly action: Action;
      readonly tookMs: number;
      readonly note?: string | undefined;
    }
  | {
      readonly type: 'step.failed';
      readonly step: string;
      readonly action: Action;
      readonly error: BerthErrorData;
      readonly evidence?: Evidence | undefined;
    }
  | { readonly type: 'revert.started'; readonly why: string; readonly toRelease?: number | undefined }
  | { readonly type: 'notice'; readonly level: 'info' | 'warning'; readonly message: string }
  | {
      readonly type: 'rollout.ended';
      readonly state: RolloutState;
      readonly release?: number | undefined;
      readonly serving?: number | undefined;
      readonly error?: BerthErrorData | undefined;
      readonly exitCode: number;
      readonly tookMs: number;
      /** `http://localhost:8080` … */
      readonly urls: readonly string[];
      /** True when nothing had to change. */
      readonly unchanged: boolean;
      /** Long-lived connections that outlived the drain and were closed. */
      readonly closedConnections: number;
    };

/** An event with its place in the history; `seq` counts up over all rollouts of an installation. */
export type EventRecord = {
  readonly seq: number;
  readonly atMs: number;
  readonly rollout: string;
  readonly app: string;
  readonly event: RolloutEvent;
};

/** A step as the journal keeps it. */
export type JournalEntry = {
  readonly rollout: string;
  readonly seq: number;
  readonly step: Step;
  readonly state: 'running' | 'done' | 'failed' | 'interrupted';
  readonly startedAtMs: number;
  readonly endedAtMs?: number | undefined;
  readonly result?: unknown;
};

/** Whether a rollout in this state will change no more. */
export function isEnded(state: RolloutState): boolean {
  return state !== 'running' && state !== 'reverting';
}
