/**
 * From (desired release, observed target) to ordered steps with reasons: pure and deterministic. Must never do I/O,
 * read a clock or draw a random number. Start reading at `rollout-plan.ts`; `edge.ts` and `front.ts` hold what the data plane should be.
 */
export * from './certificates.ts';
export * from './desired.ts';
export * from './edge.ts';
export * from './edge-conflicts.ts';
export * from './edge-merge.ts';
export * from './edge-service.ts';
export * from './front.ts';
export * from './lifecycle-plan.ts';
export * from './names.ts';
export * from './order.ts';
export * from './probe.ts';
export * from './rollout-plan.ts';
export * from './update-order.ts';
