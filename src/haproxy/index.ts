/**
 * The data plane of one host: HAProxy in containers (the edge, and the fronts of services), its configuration, its command
 * line and its image. Must never be needed for traffic: what it set up serves on without it. Start reading at
 * `proxy.ts` (apply), then `config/` (the configuration as text), `runtime/` (changes without a reload, draining,
 * counters) and `container/` (what it runs in, and how one takes another's place).
 */
export { createFronts, createHaproxy, type HaproxyOptions } from './haproxy.ts';
export { askMaster } from './runtime/command-socket.ts';
