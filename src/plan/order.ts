import type { Service } from '../model/index.ts';

/** Services in an order in which each comes after what it depends on; equal rank by name. A cycle ends where it began. */
export function dependencyOrder<T extends { readonly service: Service }>(services: readonly T[]): T[] {
  const byName = new Map(services.map((s) => [s.service.name, s]));
  const done = new Set<string>();
  const ordered: T[] = [];
  const visit = (s: T): void => {
    if (done.has(s.service.name)) return;
    done.add(s.service.name);
    for (const d of s.service.dependsOn) {
      const dependency = byName.get(d.service);
      if (dependency !== undefined) visit(dependency);
    }
    ordered.push(s);
  };
  for (const s of services.toSorted((a, b) => (a.service.name < b.service.name ? -1 : 1))) visit(s);
  return ordered;
}

/** Every service that `name` depends on, directly or not. */
export function transitiveDependencies(services: readonly Service[], name: string): ReadonlySet<string> {
  const byName = new Map(services.map((s) => [s.name, s]));
  const found = new Set<string>();
  const visit = (n: string): void => {
    for (const d of byName.get(n)?.dependsOn ?? []) {
      if (found.has(d.service)) continue;
      found.add(d.service);
      visit(d.service);
    }
  };
  visit(name);
  return found;
}

/** The services that others await by `service_completed_successfully`. */
export function jobServices(services: readonly Service[]): ReadonlySet<string> {
  return new Set(
    services.flatMap((s) => s.dependsOn.filter((d) => d.condition === 'service_completed_successfully').map((d) => d.service)),
  );
}

/** The named services and all that they depend on; no name means every service, and stays so. */
export function withDependencies(services: readonly Service[], names: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => [...transitiveDependencies(services, name), name]))];
}
