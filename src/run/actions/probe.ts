import { BerthError } from '../../errors/index.ts';
import type { Action, Pin, Probe, ProbeResult } from '../../model/index.ts';
import type { ContainerDetails, ProbeAnswer } from '../../ports/index.ts';
import type { RunContext, Side } from '../deps.ts';
import { gatherEvidence } from '../target/evidence.ts';
import { addressOf, needInstance } from '../target/instances.ts';

/** Paths asked one after the other when nobody wrote a probe. */
const wellKnownPaths = ['/up', '/healthz', '/health', '/'];
/** An instance that was restarted this often while it was probed will not get well by waiting. */
const mostRestarts = 3;

/** What one round of asking said. `found` is set when a round settled what to ask from now on. */
type Round = {
  readonly answer: ProbeAnswer;
  readonly target: string;
  readonly isHttp: boolean;
  readonly found?: Probe['check'] | undefined;
};

/**
 * Asks a new instance from outside until it answered well often enough in a row, and answers what was found about it.
 * Throws GATE_FAILED with evidence when it ends, keeps restarting, or time is up.
 */
export async function probeInstance(
  ctx: RunContext,
  side: Side,
  action: Extract<Action, { kind: 'instance.probe' }>,
  signal: AbortSignal,
): Promise<{ note: string; pin?: Pin }> {
  return new InstanceProbing(ctx, side, action).run(signal);
}

class InstanceProbing {
  readonly #ctx: RunContext;
  readonly #side: Side;
  readonly #action: Extract<Action, { kind: 'instance.probe' }>;
  readonly #results: ProbeResult[] = [];
  #check: Probe['check'];
  #sawHttp = false;
  #unhappyRounds = 0;
  #restartsBefore = 0;

  constructor(ctx: RunContext, side: Side, action: Extract<Action, { kind: 'instance.probe' }>) {
    this.#ctx = ctx;
    this.#side = side;
    this.#action = action;
    this.#check = action.probe.check;
  }

  async run(signal: AbortSignal): Promise<{ note: string; pin?: Pin }> {
    const { clock } = this.#ctx;
    const { probe } = this.#action;
    const first = await this.#look(signal);
    this.#restartsBefore = first.restartCount;
    const began = clock.monotonic();
    let inARow = 0;
    while (true) {
      const details = await this.#look(signal);
      await this.#failIfGone(details, signal);
      const roundBegan = clock.monotonic();
      const round = await this.#ask(details, signal);
      this.#keep(round);
      inARow = round.answer.ok ? inARow + 1 : 0;
      if (inARow >= probe.successes) {
        await this.#confirm(details, signal);
        return this.#passed();
      }
      const elapsed = clock.monotonic() - began;
      if (elapsed >= probe.withinMs) throw await this.#failure(`It did not answer well within ${seconds(probe.withinMs)}`, signal);
      const rest = Math.max(0, this.#pauseMs(round) - (clock.monotonic() - roundBegan));
      await clock.sleep(Math.min(rest, Math.max(1, probe.withinMs - elapsed)), signal);
    }
  }

  /** An instance that is not ready yet is asked more often, so that a quick start is not held up by the interval. */
  #pauseMs(round: Round): number {
    const { intervalMs, check } = this.#action.probe;
    if (check.kind === 'uptime') return Math.min(intervalMs, this.#action.monitorMs);
    return round.answer.ok ? intervalMs : Math.min(intervalMs, 100);
  }

  async #look(signal: AbortSignal): Promise<ContainerDetails> {
    return needInstance(this.#ctx, this.#action.instance, signal);
  }

  async #failIfGone(details: ContainerDetails, signal: AbortSignal): Promise<void> {
    const restarts = details.restartCount - this.#restartsBefore;
    const isOver = details.state === 'exited' || details.state === 'dead';
    if (isOver && details.restartPolicy.name === 'no') throw await this.#failure('It ended', signal);
    if (isOver && details.restartPolicy.name === 'on-failure' && details.exitCode === 0) throw await this.#failure('It ended', signal);
    if (restarts >= mostRestarts) throw await this.#failure(`It ended ${restarts} times`, signal);
    if (this.#check.kind === 'uptime' && restarts > 0) throw await this.#failure('It ended and was restarted', signal);
    if (this.#check.kind === 'health' && details.health === 'unhealthy')
      throw await this.#failure('Its own health check says unhealthy', signal);
  }

  async #ask(details: ContainerDetails, signal: AbortSignal): Promise<Round> {
    const check = this.#check;
    if (check.kind === 'uptime') return this.#askUptime(details);
    if (check.kind === 'health') {
      const isIt = details.health === 'healthy' || (details.health === 'none' && details.state === 'running');
      return {
        answer: { ok: isIt, outcome: details.health === 'none' ? 'running, without a health check' : details.health, tookMs: 0 },
        target: 'health check',
        isHttp: false,
      };
    }
    const address = addressOf(details);
    const port = this.#port();
    if (address === undefined || details.state !== 'running') {
      return { answer: { ok: false, outcome: `the container is ${details.state}`, tookMs: 0 }, target: 'container', isHttp: false };
    }
    if (check.kind === 'tcp') return this.#askTcp(address, port, signal);
    if (check.kind === 'http') return this.#askHttp({ address, port, path: check.path, host: check.host ?? this.#host() }, signal);
    return this.#find(address, port, signal);
  }

  #askUptime(details: ContainerDetails): Round {
    const up = details.startedAtMs === undefined ? 0 : this.#ctx.clock.now() - details.startedAtMs;
    const ok = details.state === 'running' && up >= this.#action.monitorMs;
    return { answer: { ok, outcome: `${details.state} for ${seconds(Math.max(0, up))}`, tookMs: 0 }, target: 'container', isHttp: false };
  }

  async #askTcp(address: string, port: number, signal: AbortSignal): Promise<Round> {
    const answer = await this.#ctx.prober.tcp({ address, port, timeoutMs: this.#action.probe.timeoutMs }, signal);
    return { answer, target: `TCP port ${port}`, isHttp: false };
  }

  async #askHttp(input: { address: string; port: number; path: string; host: string | undefined }, signal: AbortSignal): Promise<Round> {
    const { h2, sendProxy } = this.#side.services.get(this.#action.service)?.service ?? {};
    const answer = await this.#ctx.prober.http({ ...input, h2, sendProxy, timeoutMs: this.#action.probe.timeoutMs }, signal);
    return { answer, target: `GET ${input.path} on port ${input.port}`, isHttp: answer.status !== undefined };
  }

  /** Tries the well-known paths; only an HTTP server that keeps refusing them all, or none, is asked by TCP. */
  async #find(address: string, port: number, signal: AbortSignal): Promise<Round> {
    let last: Round | undefined;
    for (const path of wellKnownPaths) {
      last = await this.#askHttp({ address, port, path, host: this.#host() }, signal);
      if (last.answer.ok) return { ...last, found: { kind: 'http', path, host: this.#host() } };
      if (!last.isHttp) break;
    }
    const tcp = await this.#askTcp(address, port, signal);
    if (!tcp.answer.ok) return last ?? tcp;
    this.#unhappyRounds++;
    if (this.#unhappyRounds < 5) return { ...(last ?? tcp), answer: { ...(last ?? tcp).answer, ok: false } };
    return { ...tcp, isHttp: last?.isHttp ?? false, found: { kind: 'tcp' } };
  }

  #keep(round: Round): void {
    this.#results.push({
      atMs: this.#ctx.clock.now(),
      ok: round.answer.ok,
      target: round.target,
      outcome: round.answer.outcome,
      tookMs: round.answer.tookMs,
    });
    if (this.#results.length > 5) this.#results.shift();
    this.#sawHttp ||= round.isHttp;
    if (round.found !== undefined) this.#check = round.found;
  }

  #port(): number {
    return this.#side.services.get(this.#action.service)?.port ?? 0;
  }

  #host(): string | undefined {
    return this.#side.services.get(this.#action.service)?.service.routes.find((r) => r.host !== undefined && !r.host.startsWith('*'))?.host;
  }

  /** What answered must still be this very container: an address may have gone to another one meanwhile. */
  async #confirm(before: ContainerDetails, signal: AbortSignal): Promise<void> {
    const now = await this.#look(signal);
    const isSame =
      now.id === before.id && now.state === 'running' && now.restartCount === before.restartCount && addressOf(now) === addressOf(before);
    if (!isSame) throw await this.#failure('It was restarted or replaced while it was probed', signal);
  }

  #passed(): { note: string; pin?: Pin } {
    const s = this.#side.services.get(this.#action.service);
    const check = this.#check;
    const note =
      check.kind === 'http'
        ? `GET ${check.path} answers`
        : check.kind === 'tcp'
          ? `port ${this.#port()} accepts connections`
          : check.kind === 'health'
            ? 'healthy'
            : 'stays up';
    if (s === undefined || s.port === undefined) return { note };
    const written = s.service.protocol ?? (s.service.routes.length > 0 ? 'http' : undefined);
    const protocol = written ?? (this.#sawHttp || check.kind === 'http' ? 'http' : 'tcp');
    const asked = this.#action.probe.check.kind === 'find' ? check : this.#action.probe.check;
    return { note, pin: { check: asked, protocol, port: s.port } };
  }

  async #failure(what: string, signal: AbortSignal): Promise<BerthError> {
    if (signal.aborted) throw signal.reason;
    const evidence = await gatherEvidence(this.#ctx, {
      instance: this.#action.instance,
      gate: what,
      probes: this.#results,
      port: this.#side.services.get(this.#action.service)?.port,
    });
    const last = this.#results.at(-1);
    const detail = last === undefined || last.ok ? '' : ` (last: ${last.target}: ${last.outcome})`;
    return new BerthError('GATE_FAILED', `${this.#action.instance} is not ready: ${lowerFirst(what)}${detail}.`, {
      ...(evidence.diagnosis === undefined ? {} : { hint: evidence.diagnosis }),
      details: { evidence },
    });
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);
