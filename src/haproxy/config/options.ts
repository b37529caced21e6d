/** What the configuration depends on besides the wanted state. */
export type RenderOptions = {
  readonly role: 'edge' | 'front';
  /** Whether the machine has IPv6; without it an IPv6 address cannot be bound. */
  readonly ipv6: boolean;
  /** Who may use the sockets: the server's user. */
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Write one JSON line a request to this stream socket (a path inside the container). */
  readonly accessLog?: string | undefined;
};
