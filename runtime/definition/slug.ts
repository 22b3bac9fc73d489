/** What names a step, and a workflow: it stands in expressions, in addresses and in file names. */
export const SLUG = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/;

/** Ports that a `parallel` has already: they cannot name a branch. */
export const RESERVED_PORTS: readonly string[] = ['done', 'error', 'default'];

/** A slug made from a name: "Send welcome e-mail!" gives `send_welcome_e_mail`. */
export function slugify(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+/, '')
    .slice(0, 100)
    .replace(/_+$/, '');
  return slug === '' ? 'workflow' : slug;
}
