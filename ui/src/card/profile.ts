/** The editable profile as flat text fields, its checks, and what of it has to be sent. */
import type { ClientBody, ClientKind, Organisation, Personal } from '../api/types';
import { parseDate } from '../format/format';

export interface Profile {
  last_name: string; first_name: string; patronymic: string; birth_date: string; sex: string; phones: { number: string; kind: string }[]; email: string; address: string;
  passport_series: string; passport_number: string; issued_on: string; issued_by: string; department_code: string; inn: string; snils: string; code_word: string;
  organisation_name: string; organisation_form: string; kpp: string; ogrn: string;
}
export type ProfileFaults = Partial<Record<keyof Profile, string>>;

export function emptyProfile(): Profile {
  return {
    last_name: '', first_name: '', patronymic: '', birth_date: '', sex: '', phones: [{ number: '', kind: 'mobile' }], email: '', address: '', passport_series: '', passport_number: '', issued_on: '', issued_by: '',
    department_code: '', inn: '', snils: '', code_word: '', organisation_name: '', organisation_form: 'store', kpp: '', ogrn: '',
  };
}

/** "Иванов Иван Иванович оглы" keeps its tail in the patronymic. */
export function splitName(full: string): { last_name: string; first_name: string; patronymic: string } {
  const [last = '', first = '', ...rest] = full.trim().split(/\s+/);
  return { last_name: last, first_name: first, patronymic: rest.join(' ') };
}

export function profileFromPersonal(personal: Personal, organisation: Organisation | null, showDate: (date: string) => string): Profile {
  const passport = personal.documents.find((each) => each.kind === 'passport_rf') ?? personal.documents[0];
  return {
    ...emptyProfile(),
    ...(personal.last_name !== undefined ? { last_name: personal.last_name ?? '', first_name: personal.first_name ?? '', patronymic: personal.patronymic ?? '' } : splitName(personal.full_name ?? '')),
    birth_date: personal.birth_date ? showDate(personal.birth_date) : '',
    sex: personal.sex ?? '',
    phones: personal.phones.length > 0 ? personal.phones.map((each) => ({ number: each.number, kind: each.kind })) : [{ number: '', kind: 'mobile' }],
    email: personal.emails[0]?.email ?? '',
    address: (personal.addresses.find((each) => each.kind === 'residence' || each.kind === 'legal') ?? personal.addresses[0])?.text ?? '',
    passport_series: passport?.series ?? '', passport_number: passport?.number ?? '', issued_on: passport?.issued_on ? showDate(passport.issued_on) : '',
    issued_by: passport?.issued_by ?? '', department_code: passport?.department_code ?? '',
    inn: personal.inn ?? '', snils: personal.snils ?? '',
    organisation_name: organisation?.full_name ?? organisation?.short_name ?? '', organisation_form: organisation?.form ?? 'store', kpp: organisation?.kpp ?? '', ogrn: organisation?.ogrn ?? '',
  };
}

/** Only what the page can know at once; check digits and duplicates are the server's to judge. Values are dictionary keys. */
export function profileFaults(profile: Profile, kind: ClientKind): ProfileFaults {
  const faults: ProfileFaults = {};
  if (kind === 'organisation' ? !profile.organisation_name.trim() : !profile.last_name.trim() && !profile.first_name.trim()) faults[kind === 'organisation' ? 'organisation_name' : 'last_name'] = 'edit.need_name';
  if (profile.birth_date.trim() && !parseDate(profile.birth_date)) faults.birth_date = 'edit.bad_date';
  if (profile.issued_on.trim() && !parseDate(profile.issued_on)) faults.issued_on = 'edit.bad_date';
  if (profile.email.trim() && !/^[^@\s]+@[^@\s]+$/.test(profile.email.trim())) faults.email = 'edit.bad_email';
  if (profile.phones.some((each) => each.number.trim() && each.number.replace(/\D/g, '').length < 6)) faults.phones = 'edit.need_phone';
  return faults;
}

/** The whole profile as a request, without empty fields. */
export function profileBody(profile: Profile, kind: ClientKind): ClientBody {
  return strip(sections(profile, kind, true));
}

/** Only the changed parts; lists go whole, because the server replaces them. */
export function profileChanges(profile: Profile, start: Profile, kind: ClientKind): ClientBody {
  const next = sections(profile, kind, false);
  const old = sections(start, kind, false);
  return Object.fromEntries(Object.entries(next).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name as keyof ClientBody]) && !(name === 'code_word' && !value))) as ClientBody;
}

function sections(profile: Profile, kind: ClientKind, whole: boolean): ClientBody {
  const text = (value: string): string => value.trim();
  const phones = profile.phones.filter((each) => each.number.trim()).map((each) => ({ number: each.number.trim(), kind: each.kind }));
  const organisation = kind === 'organisation';
  const person: ClientBody = organisation ? {} : {
    last_name: text(profile.last_name), first_name: text(profile.first_name), patronymic: text(profile.patronymic), birth_date: parseDate(profile.birth_date), sex: profile.sex || null,
    snils: text(profile.snils), code_word: profile.code_word,
    documents: profile.passport_number.trim() ? [{
      kind: 'passport_rf', series: text(profile.passport_series), number: text(profile.passport_number), issued_on: parseDate(profile.issued_on), issued_by: text(profile.issued_by), department_code: text(profile.department_code),
    }] : [],
  };
  return {
    ...(whole ? { kind } : {}),
    ...person,
    phones,
    emails: profile.email.trim() ? [{ email: profile.email.trim() }] : [],
    addresses: profile.address.trim() ? [{ kind: organisation ? 'legal' : 'residence', text: profile.address.trim() }] : [],
    inn: text(profile.inn),
    ...(organisation ? { organisation: { form: profile.organisation_form as Organisation['form'], full_name: text(profile.organisation_name), short_name: text(profile.organisation_name), kpp: text(profile.kpp), ogrn: text(profile.ogrn) } } : {}),
  };
}

function strip(body: ClientBody): ClientBody {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== '' && value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0))) as ClientBody;
}
