import { durationMs, sizeBytes } from '../text/units.ts';
import { isAddress, parseDevice, parseExposed, parsePort, parseVolume } from '../text/short-forms.ts';
import { rangeProblem } from '../text/addresses.ts';
import {
  cookieProblem,
  headerNameProblem,
  headerValueProblem,
  hostProblem,
  parseRate,
  parseRoute,
  pathProblem,
  redirectProblem,
  statusProblem,
} from '../text/route-forms.ts';
import { splitWords } from '../text/shell-words.ts';
import type { Format } from './shape.ts';

/** Says in words what keeps a text from being of a kind (`must be …`, or a whole clause), or undefined when it is. */
type Check = (value: string) => string | undefined;

const imageName =
  /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[a-zA-Z][\w+.-]*:[0-9a-fA-F]{32,})?$/;

/** A check by pattern. */
function pattern(expression: RegExp, words: string): Check {
  return (value) => (expression.test(value) ? undefined : words);
}

function image(value: string): string | undefined {
  if (value === '') return 'must not be empty';
  if (imageName.test(value) || /^sha256:[0-9a-f]{64}$/.test(value)) return undefined;
  if (/^[^:@]*[A-Z]/.test(value.replace(/^[^/]*[.:][^/]*\//, ''))) return 'must be the name of an image; its repository is in lower case';
  return 'must be the name of an image, such as `nginx:1.29` or `registry.example.com/team/app`';
}

function parsed(parse: (value: string) => { readonly ok: boolean; readonly message?: string }): Check {
  return (value) => {
    const result = parse(value);
    return result.ok ? undefined : result.message;
  };
}

/** A parser's own words for what is wrong. */
function textOf(parsed: object | string): string | undefined {
  return typeof parsed === 'string' ? parsed : undefined;
}

/** What each kind of text must look like. */
export const formats: Readonly<Record<Format, Check>> = {
  duration: (value) => (durationMs(value) === undefined ? 'must be a duration, such as `30s` or `1m30s`' : undefined),
  size: (value) => (sizeBytes(value) === undefined ? 'must be a size, such as `512m` or `1gb`' : undefined),
  name: pattern(/^[a-zA-Z0-9][a-zA-Z0-9._-]*$/, 'may hold letters, digits, `.`, `_` and `-`, and starts with a letter or digit'),
  image,
  ip: (value) => (isAddress(value) ? undefined : 'must be an IP address'),
  port: (value) => parsePortRange(value),
  'mapped-port': parsed(parsePort),
  'exposed-port': parsed(parseExposed),
  volume: parsed(parseVolume),
  device: parsed(parseDevice),
  command: parsed(splitWords),
  assignment: (value) => (value === '' || value.startsWith('=') ? 'must be `KEY=value` or `KEY`' : undefined),
  host: (value) => (/^[^:=\s]+[=:].+$/.test(value) ? undefined : 'must be `host=address`'),
  'pull-policy': pattern(
    /^(?:always|never|build|if_not_present|missing|refresh|daily|weekly|every_(?:[0-9]+[wdhms])+)$/,
    'must be `missing`, `always`, `never`, `build`, `daily`, `weekly`, `refresh` or `every_…`',
  ),
  restart: pattern(
    /^(?:no|always|unless-stopped|on-failure(?::\d+)?)$/,
    'must be `no`, `always`, `on-failure`, `on-failure:N` or `unless-stopped`',
  ),
  'container-name': pattern(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, 'may hold letters, digits, `_`, `.` and `-`, at least two'),
  'http-path': pattern(/^\/[^\s?#]*(?:\?[^\s#]*)?$/, 'must be a path that starts with `/`'),
  'route-host': hostProblem,
  route: (value) => textOf(parseRoute(value)),
  'route-path': pathProblem,
  'address-range': rangeProblem,
  'header-name': headerNameProblem,
  'header-value': headerValueProblem,
  'cookie-name': cookieProblem,
  redirect: redirectProblem,
  rate: (value) => textOf(parseRate(value)),
  'page-status': statusProblem,
  toggle: pattern(/^[a-zA-Z][a-zA-Z0-9_-]*$/, 'may hold letters, digits, `_` and `-`, and starts with a letter'),
  id: pattern(/^\d+$/, 'must be a number'),
  mode: pattern(/^0?o?[0-7]{1,4}$/, 'must be permissions in octal, such as `0440`'),
};

function parsePortRange(value: string): string | undefined {
  const result = parsePort(value);
  if (!result.ok) return result.message;
  return /^[\d-]+$/.test(value) ? undefined : 'must be a port or a range of ports';
}
