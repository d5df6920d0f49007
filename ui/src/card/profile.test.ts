import { describe, expect, it } from 'vitest';
import { emptyProfile, profileBody, profileChanges, profileFaults, splitName } from './profile';

const start = { ...emptyProfile(), last_name: 'Иванов', first_name: 'Иван', birth_date: '15.03.1985', phones: [{ number: '+79161234567', kind: 'mobile' }] };

describe('profile', () => {
  it('sends only what was changed', () => {
    expect(profileChanges({ ...start, birth_date: '16.03.1985' }, start, 'person')).toEqual({ birth_date: '1985-03-16' });
    expect(profileChanges(start, start, 'person')).toEqual({});
  });
  it('sends a list of phones whole, because the server replaces it', () => {
    const phones = [...start.phones, { number: '+74957816400', kind: 'work' }];
    expect(profileChanges({ ...start, phones }, start, 'person')).toEqual({ phones });
  });
  it('never clears the code word by leaving it empty', () => {
    expect(profileChanges({ ...start, code_word: '' }, { ...start, code_word: 'x' }, 'person')).toEqual({});
    expect(profileChanges({ ...start, code_word: 'весна' }, start, 'person')).toEqual({ code_word: 'весна' });
  });
  it('leaves empty fields out of a new client', () => {
    expect(profileBody({ ...emptyProfile(), last_name: ' Петрова ' }, 'prospect')).toEqual({ kind: 'prospect', last_name: 'Петрова' });
  });
  it('names every fault at once', () => {
    expect(Object.keys(profileFaults({ ...emptyProfile(), birth_date: '31.02.1990', email: 'a', phones: [{ number: '12', kind: 'mobile' }] }, 'person')).sort()).toEqual(['birth_date', 'email', 'last_name', 'phones']);
  });
});

it('a name is split with its tail in the patronymic', () => {
  expect(splitName(' Мамедов  Али Гасан оглы ')).toEqual({ last_name: 'Мамедов', first_name: 'Али', patronymic: 'Гасан оглы' });
  expect(splitName('Петрова')).toEqual({ last_name: 'Петрова', first_name: '', patronymic: '' });
});
