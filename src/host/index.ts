/**
 * The machine under the engine: who listens where, which networks are routed, files of releases, starting at boot,
 * and questions to instances over the network. Must never talk to the engine. Start reading at `host.ts` and `prober.ts`.
 */
export { createHost } from './host.ts';
export { createProber } from './prober.ts';
