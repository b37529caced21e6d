import type { Evidence, RolloutKind } from '../../model/index.ts';
import { count, duration, list, timeOfDay } from '../format.ts';
import { undoOf, type Failure, type Outcome } from '../rollout/outcome.ts';
import { stripControls, type Style } from '../style.ts';

/** What a good end says: the release, where it serves, how long it took, and the way back. */
export function successText(outcome: Outcome, style: Style): string {
  const { ended } = outcome;
  const lines = [`${style.green('✔')} ${headline(outcome)} ${style.dim(`(${duration(ended.tookMs)})`)}`];
  if (ended.closedConnections > 0) {
    lines.push(
      `  ${count(ended.closedConnections, 'long-lived connection')} outlived the drain and ${ended.closedConnections === 1 ? 'was' : 'were'} closed`,
    );
  }
  const undo = undoOf(outcome);
  if (undo !== undefined) lines.push(`  undo with: berth rollback ${undo}`);
  return lines.join('\n');
}

type Words = { readonly app: string; readonly release: string; readonly at: string; readonly serving: string };

/** What a good end says, first when something changed, then when nothing had to. */
const headlines: Readonly<Record<RolloutKind, readonly [changed: (w: Words) => string, unchanged: (w: Words) => string]>> = {
  up: [({ app, release, at }) => `${app}${release} serves${at}`, ({ app, release, at }) => `${app} is up to date:${release} serves${at}`],
  rollback: [
    ({ app, release, at }) => `${app}${release} serves${at}`,
    ({ app, release, at }) => `${app} is there already:${release} serves${at}`,
  ],
  scale: [({ app, serving }) => `${app} is scaled${serving}`, ({ app }) => `${app} has that many instances already`],
  restart: [({ app, serving }) => `${app} was restarted${serving}`, ({ app }) => `${app} has nothing to restart`],
  stop: [({ app }) => `${app} is stopped; \`berth start\` brings it back`, ({ app }) => `${app} was stopped already`],
  start: [({ app, serving }) => `${app} is started${serving}`, ({ app, serving }) => `${app} runs already${serving}`],
  pull: [({ app }) => `the images of ${app} are pulled`, ({ app }) => `${app} has no image to pull`],
  build: [({ app }) => `the images of ${app} are built`, ({ app }) => `${app} has no image to build`],
  down: [({ app }) => `${app} is down`, ({ app }) => `${app} was down already`],
};

function headline({ app, kind, ended }: Outcome): string {
  const at = ended.urls.length === 0 ? '' : ` at ${list(ended.urls)}`;
  const release = ended.release === undefined ? '' : ` release ${ended.release}`;
  const [changed, unchanged] = headlines[kind];
  return (ended.unchanged ? unchanged : changed)({ app, release, at, serving: at === '' ? '' : `: it serves${at}` });
}

/** What a bad end says: the gate, its evidence, and what serves now. */
export function failureText(outcome: Outcome, style: Style): string {
  const { ended, app, kind } = outcome;
  const failure = outcome.failures.find((each) => each.evidence !== undefined) ?? outcome.failures[0];
  const error = ended.error ?? failure?.error;
  const message = error?.message ?? `the ${kind} of ${app} failed`;
  if (ended.state === 'cancelled') {
    const headline = `${style.yellow('cancelled:')} the ${kind} of ${app} after ${duration(ended.tookMs)}`;
    return [headline, ...hintLines(error?.hint, style), servingText(outcome, style)].join('\n');
  }
  const lines = [`${style.red('error:')} ${message}`];
  if (failure !== undefined) lines.push(...failureLines(failure, message, style));
  // A diagnosis of the evidence, which is the hint where no evidence is shown, was said already.
  if (error?.hint !== failure?.evidence?.diagnosis) lines.push(...hintLines(error?.hint, style));
  return [...lines, servingText(outcome, style)].join('\n');
}

function hintLines(hint: string | undefined, style: Style): string[] {
  return hint === undefined ? [] : [`${style.cyan('hint:')} ${hint}`];
}

function failureLines({ error, evidence }: Failure, said: string, style: Style): string[] {
  const lines = error.message === said ? [] : [`  ${error.message}`];
  const output = error.details?.['lines'];
  if (Array.isArray(output)) lines.push(...output.filter((line) => typeof line === 'string').map((line) => quote(line, style)));
  return evidence === undefined ? lines : [...lines, ...evidenceLines(evidence, said, style)];
}

/** What is known about a failed instance: its gate (unless the error has said it), diagnosis, probes, sockets, exit, log. */
function evidenceLines(evidence: Evidence, said: string, style: Style): string[] {
  const { instance, gate } = evidence;
  const isSaid = said.includes(instance) && said.toLowerCase().includes(gate.toLowerCase());
  const lines = isSaid ? [] : [`  ${style.bold(instance)} did not pass its gate: ${gate}`];
  if (evidence.diagnosis !== undefined) lines.push(`  ${style.yellow(evidence.diagnosis)}`);
  if (evidence.probes.length > 0) {
    lines.push('  last probes:');
    for (const probe of evidence.probes) {
      lines.push(
        `    ${timeOfDay(probe.atMs)}  ${probe.ok ? style.green('✔') : style.red('✘')} ${probe.target}: ${stripControls(probe.outcome)} (${Math.round(probe.tookMs)} ms)`,
      );
    }
  }
  if (evidence.listening.length > 0) lines.push(`  it listens on: ${evidence.listening.join(', ')}`);
  if (evidence.exit !== undefined) lines.push(`  it ended with exit code ${evidence.exit}`);
  if (evidence.logs.length > 0) lines.push('  last lines of its log:', ...evidence.logs.map((line) => quote(line, style)));
  else lines.push('  it wrote nothing to its log');
  lines.push(`  it is kept for you to look at: docker logs ${instance}`);
  return lines;
}

function quote(line: string, style: Style): string {
  return `    ${style.dim('|')} ${stripControls(line)}`;
}

function servingText({ app, ended, kind }: Outcome, style: Style): string {
  const exit = style.dim(`(exit ${ended.exitCode})`);
  if (ended.exitCode === 3)
    return `${style.red(`${app} is NOT back in a good state`)}: look at \`berth ps\`, then run \`berth ${kind}\` again ${exit}`;
  if (kind === 'pull' || kind === 'build') return `nothing else was changed ${exit}`;
  if (ended.serving === undefined) return `nothing was serving ${app} before, and nothing does now ${exit}`;
  return `release ${ended.serving} of ${app} still serves 100 % ${exit}`;
}
