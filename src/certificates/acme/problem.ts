import * as z from 'zod';
import { BerthError } from '../../errors/index.ts';
import type { Answer } from './http.ts';

/** A problem document (RFC 7807), as far as it is told on. */
export const problemSchema = z.object({
  type: z.string().default(''),
  detail: z.string().default(''),
  subproblems: z.array(z.object({ detail: z.string().default('') })).default([]),
});
export type Problem = z.infer<typeof problemSchema>;

/** The problem in an answer; one in other words is told by its status. */
export function problemOf(answer: Pick<Answer, 'status' | 'body'>): Problem {
  try {
    return problemSchema.parse(JSON.parse(answer.body));
  } catch {
    return { type: '', detail: `it answered ${answer.status}`, subproblems: [] };
  }
}

/** Whether a problem is of one of ACME's kinds: `rateLimited`, `badNonce`. */
export function isProblem(problem: Problem, kind: string): boolean {
  return problem.type === `urn:ietf:params:acme:error:${kind}`;
}

/** The failure to do something because the ACME server said no. */
export function refusal(
  doing: string,
  problem: Problem,
  input: { headers?: Answer['headers']; nowMs: number; hint?: string | undefined },
): BerthError {
  const retryAfterMs = input.headers === undefined ? undefined : retryAfter(input.headers['retry-after'], input.nowMs);
  const words = [problem.detail, ...problem.subproblems.map((one) => one.detail)].filter(Boolean).join('; ').slice(0, 500);
  const limited = isProblem(problem, 'rateLimited') ? ' (rate limit)' : '';
  return new BerthError('CERTIFICATE_FAILED', `${doing}: the ACME server says: ${words === '' ? problem.type : words}${limited}.`, {
    ...(input.hint === undefined ? {} : { hint: input.hint }),
    details: { problem: problem.type, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
  });
}

/** The time of a `Retry-After` header from now on: seconds, or a date. */
export function retryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
