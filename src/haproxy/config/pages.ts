/** What the edge itself answers, as words of HAProxy's configuration. Plain, and small enough for any buffer. */
function page(status: number, title: string, text: string): string {
  const html =
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>` +
    `<style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:32em;padding:0 1em;color:#333}h1{font-size:1.3em}</style>` +
    `<h1>${title}</h1><p>${text}</p></html>`;
  const retry = status === 404 ? '' : ' hdr Retry-After 5';
  return `status ${status} content-type 'text/html; charset=utf-8' string '${html}' hdr Cache-Control no-store${retry}`;
}

/** Sent in place of HAProxy's own pages. */
export const errorPages: readonly string[] = [
  page(
    502,
    'The application gave no valid answer',
    'It closed the connection or sent something that is not HTTP. Please try again in a moment.',
  ),
  page(503, 'The application is not ready', 'No instance of it can answer right now. Please try again in a moment.'),
  page(504, 'The application took too long', 'It accepted the request and gave no answer in time.'),
];

/** Sent where no rule takes a request. */
export const noRoutePage = page(404, 'Nothing is served here', 'No application on this server answers to this address.');
