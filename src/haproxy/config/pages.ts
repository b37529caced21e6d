import { BerthError } from '../../errors/index.ts';
import type { RouteRules } from '../../model/index.ts';
import { quoted } from './words.ts';

/** What the edge itself answers, as words of HAProxy's configuration. */
export type Answer = {
  readonly status: number;
  /** The whole body, HTML. */
  readonly page: string;
  /** Seconds after which asking again makes sense. */
  readonly retryAfter?: number | undefined;
  /** Further headers, as words. */
  readonly headers?: string | undefined;
};

/** An answer has to fit into HAProxy's buffer (`tune.bufsize` less what headers take). */
const longestPage = 14_000;

/** The words of an answer after `http-request return` and `http-error`. */
export function answerWords({ status, page, retryAfter, headers }: Answer): string {
  const size = Buffer.byteLength(page);
  if (size > longestPage) {
    throw new BerthError(
      'EDGE_FAILED',
      `Could not configure the edge: the page for status ${status} has ${size} bytes, and ${longestPage} is the most that HAProxy can send.`,
      { hint: 'Move styles and pictures of the page to addresses of their own.' },
    );
  }
  const retry = retryAfter === undefined ? '' : ` hdr Retry-After ${retryAfter}`;
  const more = headers === undefined ? '' : ` ${headers}`;
  return `status ${status} content-type 'text/html; charset=utf-8' string ${quoted(page)} hdr Cache-Control no-store${retry}${more}`;
}

/** An answer with the route's own page for its status, or berth's. */
export function answerOf(status: keyof typeof texts, rules: RouteRules, more: Omit<Answer, 'status' | 'page'> = {}): string {
  return answerWords({ status, page: rules.errorPages?.[status] ?? defaultPage(status), ...more });
}

/** What HAProxy says by itself where a backend fails, in the route's own words where it has them. */
export function backendErrors(pages: Readonly<Record<string, string>>): string[] {
  const own = ([500, 502, 503, 504] as const).flatMap((status) => {
    const text = pages[status];
    return text === undefined ? [] : [{ status, page: text, retryAfter: status === 500 ? undefined : 5 }];
  });
  return own.map((answer) => `  http-error ${answerWords(answer)}`);
}

const texts = {
  401: ['Who are you?', 'This place asks for a user name and a password.'],
  403: ['Not for you', 'This place does not answer to your address.'],
  404: ['Nothing is served here', 'No application on this server answers to this address.'],
  411: ['The length is missing', 'This place takes only requests that say how long they are (Content-Length).'],
  413: ['That is too much', 'The request is longer than this place takes.'],
  429: ['Too many requests', 'Please wait a moment before you ask again.'],
  502: [
    'The application gave no valid answer',
    'It closed the connection or sent something that is not HTTP. Please try again in a moment.',
  ],
  503: ['The application is not ready', 'No instance of it can answer right now. Please try again in a moment.'],
  504: ['The application took too long', 'It accepted the request and gave no answer in time.'],
} as const;

/** Plain, and small enough for any buffer. */
function html(title: string, text: string): string {
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
    `<style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:32em;padding:0 1em;color:#333}h1{font-size:1.3em}</style>` +
    `<h1>${title}</h1><p>${text}</p></html>`
  );
}

function defaultPage(status: keyof typeof texts): string {
  const [title, text] = texts[status];
  return html(title, text);
}

/** Sent in place of HAProxy's own pages. */
export const errorPages: readonly string[] = ([502, 503, 504] as const).map((status) =>
  answerWords({ status, page: defaultPage(status), retryAfter: 5 }),
);

/** Sent where no rule takes a request. */
export const noRoutePage = answerWords({ status: 404, page: defaultPage(404) });

/** Sent for a service in maintenance: the page that was given for it, else the route's page for 503, else berth's. */
export function maintenancePage(rules: RouteRules): string {
  const plain = html('Under maintenance', 'This application is being worked on and will be back soon.');
  return answerWords({ status: 503, page: rules.maintenance?.page ?? rules.errorPages?.['503'] ?? plain, retryAfter: 60 });
}
