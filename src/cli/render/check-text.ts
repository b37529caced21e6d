import type { Checked, Finding } from '../../spec/index.ts';
import { stripControls, type Style } from '../style.ts';
import { sourceText } from './error.ts';

/** How many findings there are of each severity. */
export function countOf(findings: readonly Finding[]): Record<Finding['severity'], number> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** The findings file by file, each with its line, the reason and the way out; what belongs to the rule is said at its first finding. */
export function checkText({ findings }: Checked, style: Style): string {
  if (findings.length === 0) return `${style.green('✓')} nothing found`;
  const lines: string[] = [];
  const explained = new Set<string>();
  let file: string | undefined;
  for (const finding of findings) {
    if (finding.file !== file) lines.push(...(file === undefined ? [] : ['']), style.bold(finding.file));
    file = finding.file;
    lines.push('', ...findingLines(finding, explained, style));
  }
  return [...lines, '', totalOf(findings)].join('\n');
}

function findingLines(finding: Finding, explained: Set<string>, style: Style): string[] {
  const { rule, severity, line, column, message, why, fix } = finding;
  const colour = { error: style.red, warning: style.yellow, note: style.blue }[severity];
  const place = line === undefined ? '' : `${line}:${column ?? 1}  `;
  const lines = [`  ${place}${colour(severity)}  ${stripControls(message)}  ${style.dim(rule)}`];
  lines.push(...sourceText(finding, { gutter: 6, style, caret: colour }));
  const said = `${rule}\n${fix}`;
  if (!explained.has(rule) && why !== fix) lines.push(`    ${style.dim('why:')} ${why}`);
  if (!explained.has(said)) lines.push(`    ${style.cyan('fix:')} ${stripControls(fix)}`);
  explained.add(rule).add(said);
  return lines;
}

function totalOf(findings: readonly Finding[]): string {
  const counts = countOf(findings);
  const words = (['error', 'warning', 'note'] as const).flatMap((severity) =>
    counts[severity] === 0 ? [] : [`${counts[severity]} ${severity}${counts[severity] === 1 ? '' : 's'}`],
  );
  return words.join(', ');
}
