/** What `berth maintenance` says: which services the edge answers for now. */
export function maintenanceText(services: readonly string[]): string {
  return services.length === 0 ? 'nothing is in maintenance' : `in maintenance: ${services.join(', ')}`;
}
