/** Which pages a role sees. The server decides what may be done; this only avoids showing doors that stay shut. */
import type { Role } from '../api/types';

export const PAGES = ['workspace', 'floor', 'clients', 'calls', 'money', 'calculator', 'admin'] as const;
export type PageName = (typeof PAGES)[number];

const BY_ROLE: Record<Role, PageName[]> = {
  operator: ['workspace', 'clients', 'calls', 'calculator'],
  collector: ['workspace', 'clients', 'calls', 'calculator'],
  supervisor: ['floor', 'workspace', 'clients', 'calls', 'money', 'calculator', 'admin'],
  partner_manager: ['clients', 'workspace', 'calls', 'calculator'],
  administrator: ['admin', 'clients', 'calls', 'floor', 'money', 'calculator'],
  auditor: ['clients', 'calls', 'floor', 'money', 'admin'],
};

export const ADDRESSES: Record<PageName, string> = { workspace: '/workspace', floor: '/floor', clients: '/clients', calls: '/calls', money: '/money', calculator: '/calculator', admin: '/admin' };

export function pagesFor(role: Role): PageName[] { return BY_ROLE[role] ?? ['clients']; }
export function homeFor(role: Role): string { return ADDRESSES[pagesFor(role)[0] ?? 'clients']; }

export const takesCalls = (role: Role): boolean => pagesFor(role).includes('workspace');
export const editsClients = (role: Role): boolean => role !== 'auditor' && role !== 'administrator';
export const unmasksClients = (role: Role): boolean => role === 'supervisor' || role === 'auditor';
/** Sees networks, stores and their employees, and no borrowers. */
export const organisationsOnly = (role: Role): boolean => role === 'partner_manager';
export const readsFiles = (role: Role): boolean => role !== 'administrator';
export const readsAccess = (role: Role): boolean => role === 'auditor' || role === 'administrator' || role === 'supervisor';
export const readsRecorder = readsAccess;
/** Others keep only their own. */
export const keepsSharedSnippets = (role: Role): boolean => role === 'supervisor' || role === 'administrator';
/** Opens loans and books what happens to them. */
export const keepsLoans = (role: Role): boolean => role === 'supervisor' || role === 'administrator';
export const requestsEarly = (role: Role): boolean => role === 'operator' || role === 'collector' || keepsLoans(role);
export const issuesPapers = (role: Role): boolean => role === 'operator' || role === 'collector' || role === 'supervisor';
export const readsPapers = (role: Role): boolean => issuesPapers(role) || role === 'auditor';
export const administers = (role: Role): boolean => role === 'administrator';

/** Whether the address belongs to a page that the role may open; an address of no known page is for the router. */
export function mayOpen(role: Role, path: string): boolean {
  const page = PAGES.find((each) => path === ADDRESSES[each] || path.startsWith(`${ADDRESSES[each]}/`));
  if (page && !pagesFor(role).includes(page)) return false;
  const section = /^\/admin\/([^/]+)/.exec(path)?.[1];
  return section === undefined || sections(role).includes(section);
}

const SECTIONS: Partial<Record<Role, string[]>> = {
  administrator: ['users', 'tokens', 'topics', 'snippets', 'branches', 'products', 'papers', 'imports', 'daily', 'backups', 'pbx', 'health'],
  supervisor: ['topics', 'snippets', 'branches', 'products', 'users', 'imports', 'daily', 'pbx', 'health'],
  auditor: ['users', 'tokens', 'imports', 'daily', 'backups', 'pbx', 'health'],
};
export const sections = (role: Role): string[] => SECTIONS[role] ?? ['health'];
