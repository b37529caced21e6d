import type { RouteRules } from '../../model/index.ts';

type Changes = NonNullable<RouteRules['requestHeaders']>;

/** Rules one after the other: what both say is that of the later, headers and lists of addresses add up. */
export function mergeRules(first: RouteRules, then: RouteRules): RouteRules {
  const request = mergeHeaders(first.requestHeaders, then.requestHeaders);
  const response = mergeHeaders(first.responseHeaders, then.responseHeaders);
  return {
    ...first,
    ...then,
    ...(request === undefined ? {} : { requestHeaders: request }),
    ...(response === undefined ? {} : { responseHeaders: response }),
    ...(first.deny === undefined || then.deny === undefined ? {} : { deny: [...first.deny, ...then.deny] }),
  };
}

function mergeHeaders(first: Changes | undefined, then: Changes | undefined): Changes | undefined {
  if (first === undefined || then === undefined) return then ?? first;
  return { set: { ...first.set, ...then.set }, remove: [...first.remove, ...then.remove] };
}
