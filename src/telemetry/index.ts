/**
 * What the traffic does: takes the access logs of HAProxy in a process of its own and counts them. Must never be waited for
 * by anything that carries traffic. Start reading at `counter.ts` (what is counted), then `log-reader.ts` (where lines
 * come from) and `telemetry.ts` (the process).
 */
export { runCounting } from './child.ts';
export { createTelemetry, type CountingTelemetry } from './telemetry.ts';
