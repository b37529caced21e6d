import type { Facts, ServiceFacts, SourceFacts } from './rule.ts';

/** Each source that a service is built from, with the first such service. */
export function* sourcesOf(facts: Facts): Generator<{ readonly service: ServiceFacts; readonly source: SourceFacts }> {
  const done = new Set<string>();
  for (const service of facts.services) {
    const context = service.model.build?.context;
    const source = context === undefined ? undefined : facts.sourceFacts.get(context);
    if (context === undefined || source === undefined || done.has(context)) continue;
    done.add(context);
    yield { service, source };
  }
}
