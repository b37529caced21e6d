import type { Project, Service } from '../../model/index.ts';
import { BerthError } from '../../errors/index.ts';
import { loadInFull, type Learned, type LoadInput } from '../load.ts';
import type { Problem } from '../problem.ts';
import { hasFile } from '../reader.ts';
import { child, entriesOf, type MapNode } from '../text/node.ts';
import { lint, lintLoad, sorted, type Finding } from './lint.ts';
import type { Facts, ServiceFacts, SourceFacts } from './rule.ts';

/** What a check answers: the findings, and the application's name when it could be loaded. */
export type Checked = { readonly app?: string; readonly environment?: string; readonly findings: readonly Finding[] };

/** What the source below a directory says of itself; undefined when nobody can tell. */
export type ReadSource = (directory: string) => Promise<SourceFacts | undefined>;

/** Says what would fail or hurt if the application were deployed. An application that cannot be loaded is a finding, no failure. */
export async function checkProject(input: LoadInput, readSource: ReadSource): Promise<Checked> {
  let found: Awaited<ReturnType<typeof loadInFull>>;
  try {
    found = await loadInFull(input);
  } catch (error) {
    if (!(error instanceof BerthError) || !isProblems(error.details['problems'])) throw error;
    const { problems, warnings } = error.details;
    return { findings: sorted([...lintLoad(problems, 'errors'), ...lintLoad(isProblems(warnings) ? warnings : [], 'warnings')]) };
  }
  const { project, warnings } = found.loaded;
  const facts = await factsOf(project, found.learned, { input, readSource });
  return {
    app: project.name,
    ...(project.environment === undefined ? {} : { environment: project.environment }),
    findings: lint(facts, warnings),
  };
}

/** The loader itself makes these lists; that they are there is all that has to be seen. */
function isProblems(value: unknown): value is readonly Problem[] {
  return Array.isArray(value);
}

type Outside = { readonly input: LoadInput; readonly readSource: ReadSource };

async function factsOf(project: Project, learned: Learned, outside: Outside): Promise<Facts> {
  const written: MapNode[] = [];
  for (const layers of await Promise.all(learned.reading.parsed.values())) written.push(...(layers ?? []));
  return {
    services: servicesOf(project, learned.filled),
    document: learned.filled,
    whole: learned.whole,
    written,
    sources: new Set(written.map(({ mark }) => mark.source)),
    templates: learned.reading.report.templates,
    lookupAt: (mark) => learned.variablesOf(mark.source).get,
    sourceFacts: await sourceFacts(project, outside.readSource),
    missingPaths: await missingPaths(project, outside.input),
  };
}

function servicesOf(project: Project, document: MapNode): ServiceFacts[] {
  const jobs = new Set(
    project.services.flatMap(({ dependsOn }) =>
      dependsOn.flatMap(({ service, condition }) => (condition === 'service_completed_successfully' ? [service] : [])),
    ),
  );
  const models = new Map<string, Service>(project.services.map((service) => [service.name, service]));
  return entriesOf(child(document, 'services')).flatMap(([name, { key, value }]) => {
    const model = models.get(name);
    return model === undefined ? [] : [{ name, mark: key, node: value, model, isJob: jobs.has(name) }];
  });
}

async function sourceFacts(project: Project, readSource: ReadSource): Promise<ReadonlyMap<string, SourceFacts>> {
  const contexts = new Set(project.services.flatMap(({ build }) => build?.context ?? []));
  const found = new Map<string, SourceFacts>();
  for (const context of contexts) {
    const read = await readSource(context);
    if (read !== undefined) found.set(context, read);
  }
  return found;
}

async function missingPaths(project: Project, { reader }: LoadInput): Promise<ReadonlySet<string>> {
  const missing = new Set<string>();
  for (const { type, source } of project.services.flatMap(({ mounts }) => mounts))
    if (type === 'bind' && source !== undefined && !missing.has(source) && !(await hasFile(reader, source))) missing.add(source);
  return missing;
}
