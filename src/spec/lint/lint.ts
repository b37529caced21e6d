import type { Problem } from '../problem.ts';
import { problemAt, sortProblems } from '../problem.ts';
import type { Source } from '../text/source.ts';
import { badIgnore, readIgnores, type Ignores } from './ignores.ts';
import { loadRules } from './load-rules.ts';
import type { Facts, Found, RuleWords, Severity } from './rule.ts';
import { rules } from './rules.ts';
import { literalSecrets } from './rules/literal-secret.ts';

/** One thing that would fail or hurt: the rule, where, what, why, and how to fix it. */
export type Finding = {
  readonly rule: string;
  readonly severity: Severity;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly why: string;
  readonly fix: string;
  readonly sourceLine?: string;
};

/** The words of every rule. */
export const allRules: readonly RuleWords[] = [...loadRules, ...rules, badIgnore];

const ids = allRules.map(({ id }) => id);

/** What loading said, as findings. */
export function lintLoad(problems: readonly Problem[], from: 'errors' | 'warnings'): Finding[] {
  return problems.flatMap((problem) => {
    const rule = loadRules.find(({ takes }) => takes(problem, from));
    return rule === undefined ? [] : [toFinding(rule, problem)];
  });
}

/** What the rules find in an application, and what its load warned of, without what a comment asks to ignore. */
export function lint(facts: Facts, warnings: readonly Problem[]): Finding[] {
  const sources = new Map<string, Source>([...facts.sources].map((source) => [source.file, source]));
  const found: Finding[] = lintLoad(warnings, 'warnings');
  const add = (rule: RuleWords, one: Found): void => {
    sources.set(one.mark.source.file, one.mark.source);
    found.push(toFinding(rule, problemAt(one.mark, one.message, { hint: one.hint })));
  };
  for (const rule of rules) for (const one of rule.find(facts)) add(rule, one);
  const ignored = new Map<string, Ignores>();
  for (const source of sources.values()) {
    const read = readIgnores(source, ids, facts.sources.has(source) ? 'yaml' : 'env');
    ignored.set(source.file, read);
    for (const one of read.wrong) found.push(toFinding(badIgnore, problemAt(one.mark, one.message, { hint: one.hint })));
  }
  const isIgnored = ({ file, line, rule }: Finding): boolean =>
    ignored.get(file)?.ignores.some((ignore) => ignore.line === line && ignore.rule === rule) === true;
  return withoutSecrets(sorted(found.filter((one) => !isIgnored(one))), facts);
}

function toFinding(rule: RuleWords, { code: _code, rule: _rule, hint, ...problem }: Problem): Finding {
  return { rule: rule.id, severity: rule.severity, ...problem, why: rule.why, fix: hint ?? rule.fix };
}

/** As a reader meets them; of equal ones, one. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return sortProblems(findings);
}

/** What is secret is shown neither in its own finding nor in one beside it. */
function withoutSecrets(findings: readonly Finding[], facts: Facts): Finding[] {
  const secrets = [...new Set([...literalSecrets(facts)].flatMap(({ secret }) => secret.split('\n')))].filter((text) => text.length > 2);
  const hide = (text: string): string => secrets.reduce((left, secret) => left.replaceAll(secret, '•'.repeat(secret.length)), text);
  return findings.map((finding) => ({
    ...finding,
    ...(finding.sourceLine === undefined ? {} : { sourceLine: hide(finding.sourceLine) }),
  }));
}
