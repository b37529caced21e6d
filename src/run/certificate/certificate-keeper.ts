import { toBerthError, type BerthError } from '../../errors/index.ts';
import { Mutex } from '../../kit/index.ts';
import type { CertificateWish, HeldCertificate } from '../../model/index.ts';
import {
  backOffMs,
  chooseCertificate,
  dueAtMs,
  replaceCertificate,
  servingWish,
  standInFor,
  toListenerCertificate,
} from '../../plan/index.ts';
import type { Certificates, Clock, Store } from '../../ports/index.ts';
import { withDeadline } from '../rollout/deadline.ts';
import type { EdgeKeeper } from '../target/edge-keeper.ts';
import { isWanted, kept, wantedNow } from './wishes.ts';

/** An order that takes longer has met a server that is stuck. */
const orderMs = 120_000;
/** Clocks jump: however far the next thing to do is, it is looked at again after this time. */
const longestSleepMs = 3_600_000;
/** What went wrong may be over soon, as an engine that restarts. */
const troubledSleepMs = 60_000;
const dayMs = 86_400_000;

type Deps = {
  readonly store: Pick<Store, 'listApps' | 'getRelease' | 'listReleases' | 'listEdges'>;
  readonly clock: Clock;
  readonly certificates: Certificates;
  /** The edge of the engine that the apps run on; undefined before the first deploy. */
  readonly edge: () => EdgeKeeper | undefined;
  /** Hears of what could not be renewed, for the server's log. */
  readonly onTrouble: (error: BerthError) => void;
};

/** Sees to it that every certificate that is wanted is there, is renewed early, and reaches the edge. One order at a time. */
export class CertificateKeeper {
  readonly #deps: Deps;
  readonly #orders = new Mutex();
  /** What the edge was last made to answer to ACME servers. */
  #told: string | undefined;
  #nap = new AbortController();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Makes something that serves a wish: the user's files, a certificate of berth's own, or a placeholder of one that is to be ordered. */
  async ensure(wish: CertificateWish): Promise<HeldCertificate> {
    const { certificates } = this.#deps;
    if (wish.source.kind === 'files') return certificates.useFiles(wish);
    const held = this.#held(wish);
    const isDue = held === undefined || (wish.source.kind === 'internal' && dueAtMs(held) <= this.#deps.clock.now());
    if (!isDue) return held;
    const standIn = standInFor(certificates.list(), wish, this.#deps.clock.now());
    return standIn === undefined ? certificates.issueOwn(wish) : certificates.standIn(wish, standIn.id);
  }

  /**
   * Orders a certificate and gives it to the edge, unless one that was ordered meanwhile serves the wish. An order that fails is
   * noted, with the time of the next try, and thrown.
   */
  order(wish: CertificateWish, signal: AbortSignal): Promise<void> {
    return this.#orders.run(async () => {
      const held = this.#held(wish);
      if (isWanted(held, this.#deps.clock.now())) await this.#order(wish, signal);
      else if (held !== undefined) await this.#give(wish, held, signal);
    });
  }

  async #order(wish: CertificateWish, signal: AbortSignal): Promise<void> {
    const before = this.#held(wish);
    const held = await this.#orderOnce(wish, signal).catch((thrown: unknown) => this.#noteTrouble(wish, toBerthError(thrown), signal));
    await this.#give(wish, held, signal, before);
  }

  async #noteTrouble(wish: CertificateWish, error: BerthError, signal: AbortSignal): Promise<never> {
    signal.throwIfAborted();
    const { certificates, clock } = this.#deps;
    const retryAfterMs = error.details['retryAfterMs'];
    const failures = (certificates.get(wish.id)?.trouble?.failures ?? 0) + 1;
    const waitMs = backOffMs(failures, typeof retryAfterMs === 'number' ? retryAfterMs : 0);
    await certificates.noteTrouble(wish.id, { failures, message: error.message, nextTryAtMs: clock.now() + waitMs });
    throw error;
  }

  /** Renews now, due or not; the user's own files are left as they are. */
  async renew(wish: CertificateWish, signal: AbortSignal): Promise<void> {
    if (wish.source.kind === 'acme') await this.#orders.run(() => this.#order(wish, signal));
    if (wish.source.kind === 'internal') await this.#issueOwn(wish, signal);
  }

  /**
   * The edge answers for the account before it is asked: the hosts may have had a certificate of another one until now.
   * An account that its server closed is replaced.
   */
  async #orderOnce(wish: CertificateWish, signal: AbortSignal): Promise<HeldCertificate> {
    const { certificates, clock } = this.#deps;
    const attempt = async (): Promise<HeldCertificate> => {
      await certificates.openAccount(wish);
      await this.#tell(signal);
      const limit = { ms: orderMs, what: `Ordering a certificate for ${wish.hosts.join(', ')}`, signal };
      return withDeadline(clock, limit, (s) => certificates.order(wish, s));
    };
    try {
      return await attempt();
    } catch (thrown) {
      if (toBerthError(thrown).details['accountClosed'] !== true) throw thrown;
      return attempt();
    }
  }

  /** Every change of the edge tells it of all accounts; this is for an account that nothing else has changed with. */
  async #tell(signal: AbortSignal): Promise<void> {
    const accounts = JSON.stringify(this.#deps.certificates.thumbprints());
    if (accounts === this.#told) return;
    await this.#deps.edge()?.restore(signal);
    this.#told = accounts;
  }

  /** Looks after everything that is wanted until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#nap = new AbortController();
      const isTroubled = await this.tick(signal);
      const rest = AbortSignal.any([signal, this.#nap.signal]);
      await this.#deps.clock.sleep(isTroubled ? Math.min(troubledSleepMs, this.#sleepMs()) : this.#sleepMs(), rest).catch(() => undefined);
    }
  }

  /** Looks again at once: apps changed. */
  wake(): void {
    this.#nap.abort();
  }

  /** Renews what is due, and forgets what nobody can need any more. Answers whether something went wrong. */
  async tick(signal: AbortSignal): Promise<boolean> {
    let isTroubled = false;
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      if (signal.aborted) return;
      await work().catch((thrown: unknown) => {
        if (signal.aborted) return;
        isTroubled = true;
        this.#deps.onTrouble(toBerthError(thrown));
      });
    };
    for (const wish of this.wishes()) await attempt(() => this.#lookAfter(wish, signal));
    await attempt(() => this.#tidy());
    return isTroubled;
  }

  async #lookAfter(wish: CertificateWish, signal: AbortSignal): Promise<void> {
    const held = this.#held(wish) ?? (await this.ensure(wish));
    // An earlier one may not have reached the edge: the engine was away, or it came for another wish.
    await this.#give(wish, held, signal);
    if (this.servedBy(wish).id !== wish.id) return;
    if (wish.source.kind === 'internal' && dueAtMs(held) <= this.#deps.clock.now()) await this.#issueOwn(wish, signal);
    if (wish.source.kind === 'acme') await this.order(wish, signal);
  }

  async #issueOwn(wish: CertificateWish, signal: AbortSignal): Promise<void> {
    const before = this.#held(wish);
    await this.#give(wish, await this.#deps.certificates.issueOwn(wish), signal, before);
  }

  /** Puts a certificate wherever the edge has an earlier one of the wish, or the one of another that served it. */
  async #give(wish: CertificateWish, held: HeldCertificate, signal: AbortSignal, before = held): Promise<void> {
    const edge = this.#deps.edge();
    if (edge === undefined) return;
    const to = toListenerCertificate(held);
    const from = [wish.id, before.id];
    for (const wanted of this.#deps.store.listEdges()) {
      if (replaceCertificate(wanted, from, to) === wanted) continue;
      await edge.change(wanted.app, (now) => replaceCertificate(now, from, to), signal);
    }
  }

  /** All that is wanted, each once; those of many hosts first, as they may serve others. */
  wishes(): CertificateWish[] {
    return [...this.#wishesById().values()].toSorted((a, b) => b.hosts.length - a.hosts.length);
  }

  /** The wish with whose certificate another one is served, and renewed. */
  servedBy(wish: CertificateWish): CertificateWish {
    const wishes = this.#wishesById();
    return servingWish(wishes.get(wish.id) ?? wish, { held: this.#held(wish), wishes });
  }

  #wishesById(): Map<string, CertificateWish> {
    return new Map(wantedNow(this.#deps.store).map(({ wish }) => [wish.id, wish]));
  }

  #held(wish: CertificateWish): HeldCertificate | undefined {
    return chooseCertificate(this.#deps.certificates.list(), wish, this.#deps.clock.now());
  }

  #sleepMs(): number {
    const nowMs = this.#deps.clock.now();
    const times = this.wishes().flatMap((wish) => {
      const held = this.#held(wish);
      if (held === undefined || wish.source.kind === 'files') return [];
      const due = held.placeholder ? nowMs : dueAtMs(held);
      return [Math.max(due, held.trouble?.nextTryAtMs ?? 0)];
    });
    const soonest = Math.min(...times) - nowMs;
    return Math.min(longestSleepMs, Math.max(1000, Number.isFinite(soonest) ? soonest : longestSleepMs));
  }

  /** A certificate of an ACME server is kept to its end, since there are only so many; pairs that just came are of a rollout under way. */
  async #tidy(): Promise<void> {
    const { certificates, store, clock } = this.#deps;
    const nowMs = clock.now();
    const needed = kept(store);
    const used = new Set(store.listEdges().flatMap((e) => e.listeners.flatMap((l) => l.tls?.certificates.map((c) => c.id) ?? [])));
    for (const held of certificates.list()) {
      if (needed.ids.has(held.id) || used.has(held.id)) continue;
      const isOver = held.kind === 'acme' && !held.placeholder ? held.notAfterMs <= nowMs : held.notBeforeMs < nowMs - dayMs;
      if (isOver) await certificates.remove(held.id);
    }
    await certificates.prunePairs(needed.pairs, nowMs - dayMs);
  }
}
