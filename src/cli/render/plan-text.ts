import type { Internal, Plan, PlannedRoute, ServicePlan } from '../../model/index.ts';
import { count } from '../format.ts';
import { pad, type Style } from '../style.ts';
import { phraseOf } from './phrases.ts';

const marks: Readonly<Record<ServicePlan['change'], readonly [mark: string, colour: 'green' | 'yellow' | 'red' | 'dim']>> = {
  none: ['=', 'dim'],
  create: ['+', 'green'],
  roll: ['~', 'yellow'],
  scale: ['±', 'yellow'],
  stop: ['-', 'red'],
  remove: ['-', 'red'],
  job: ['>', 'green'],
};

/** A plan for people: what changes for each service and why, the gap to expect, and every step with its reason. */
export function planText(plan: Plan, style: Style): string {
  const lines = [`${style.bold(plan.app)}  release ${plan.release}`, ''];
  const width = Math.max(0, ...plan.services.map((service) => service.service.length));
  for (const service of plan.services) {
    const [mark, colour] = marks[service.change];
    lines.push(
      ` ${style[colour](mark)} ${pad(service.service, width)}  ${service.change === 'none' ? 'unchanged' : service.change}: ${service.why}`,
    );
    if (service.change !== 'none' && service.change !== 'job')
      lines.push(`   ${' '.repeat(width)}  ${service.order}, expected gap: ${service.gap}`);
  }
  for (const { service, internal } of plan.services) if (internal !== undefined) lines.push(internalText(service, internal, style));
  for (const { service, routes = [] } of plan.services) for (const route of routes) lines.push(routeText(service, route, style));
  for (const warning of plan.warnings) lines.push(`${style.yellow('warning:')} ${warning}`);
  if (plan.steps.length === 0) return [...lines, '', 'nothing to do'].join('\n');
  lines.push('', `${count(plan.steps.length, 'step')}:`);
  const phrases = plan.steps.map((step) => {
    const { kind, name, doing } = phraseOf(step.action);
    return `${kind} ${name}`.trimEnd() + `: ${doing}`;
  });
  const widest = Math.min(60, Math.max(...phrases.map((phrase) => phrase.length)));
  plan.steps.forEach((step, i) => {
    lines.push(`${String(i + 1).padStart(3)}. ${pad(phrases[i] ?? '', widest)}  ${style.dim(step.reason)}`);
  });
  return lines.join('\n');
}

/** A route that was made of labels, which nobody wrote as such. */
function routeText(service: string, { host, path, port, leadsTo, rules, from }: PlannedRoute, style: Style): string {
  const to = leadsTo === undefined ? '' : `, leads to ${leadsTo}`;
  const does = rules.length === 0 ? '' : `, with ${rules.join(', ')}`;
  return `   ${service}: route ${host ?? ''}${path} on ${String(port)}${to}${does} ${style.dim(`(${from})`)}`;
}

const ways: Readonly<Record<Internal['kind'], (service: string) => string>> = {
  front: (service) => `\`${service}\` leads to its front`,
  dns: (service) => `\`${service}\` leads straight to its instances`,
  none: (service) => `\`${service}\` is not to be called`,
};

/** Where the name of a service leads other services, and why. */
function internalText(service: string, { kind, why }: Internal, style: Style): string {
  return style.dim(`   ${ways[kind](service)}: ${why}`);
}
