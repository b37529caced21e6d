/**
 * The data plane of one host: HAProxy in a container, its configuration, its command line and its image. Must never
 * be needed for traffic: what it set up serves on without it. Start reading at `haproxy.ts` (apply), then `config/` (the
 * configuration as text), `runtime/` (changes without a reload, draining, counters) and `container/` (what it runs in).
 */
export { createHaproxy } from './haproxy.ts';
