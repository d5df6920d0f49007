import { describe, expect, it } from 'vitest';
import { ApiError } from '../api/client';
import { i18next } from '../i18n';
import { errorText, faultText, fieldError, importField, jobWord } from './parts';

const russian = i18next.getFixedT('ru');
const english = i18next.getFixedT('en');
const missing = { field: 'key', code: 'missing_column', message: 'the file has no column', detail: { column: 'Код', known: ['Номер', 'ФИО'] } };

describe('faults of an import', () => {
  it('name the column looked for, its rule, and the columns found', () => {
    expect(faultText(missing, russian)).toBe('Столбца «Код» нет в файле (правило «ключ строки»); в файле есть: Номер, ФИО');
    expect(faultText(missing, english)).toBe('The file has no column "Код" (rule "key of the row"); it has: Номер, ФИО');
  });
  it('tell the columns of a file once, whatever many it lacks', () => {
    const of = (field: string, column: string) => ({ ...missing, field, detail: { ...missing.detail, column } });
    const error = new ApiError(422, 'invalid_fields', '', [missing, of('columns.last_name', 'Код'), of('columns.inn', 'ИНН')]);
    expect(errorText(error, russian)).toBe('Есть ошибки в полях. В файле нет столбцов «Код» (ключ строки, фамилия), «ИНН» (ИНН); в нём есть: Номер, ФИО.');
    expect(errorText(new ApiError(422, 'invalid_fields', '', [missing]), english)).toContain('The file has no column "Код" (key of the row); it has: Номер, ФИО.');
  });
  it('name fields and rules in words', () => {
    expect(importField('columns.birth_date', russian)).toBe('дата рождения');
    expect(importField('client.key', russian)).toBe('ключ строки');
    expect(importField('emails[0]', english)).toBe('e-mail');
    expect(importField('nowhere', russian)).toBe('nowhere');
  });
  it('name the line that held the key before', () => {
    const again = { field: 'key', code: 'repeated_row', message: '', detail: { line: 3 } };
    expect(faultText(again, english)).toBe('word: line 3 of this file has the same key and says something else; keep one of the two');
  });
});

describe('a long work', () => {
  it('is named in the words of the reader, not in those of the server', () => {
    expect(jobWord('verify', russian)).toBe('проверка копии');
    expect(jobWord('verify', english)).toBe('snapshot check');
    expect(jobWord('something_new', russian)).toBe('something_new');
  });
});

describe('faults of a form', () => {
  const error = new ApiError(422, 'invalid_fields', '', [{ field: 'password', code: 'too_short', message: '' }]);
  it('stand beside the field and not in the general line as well', () => {
    expect(fieldError(error, 'password', russian)).toBe('слишком коротко');
    expect(fieldError(error, 'login', russian)).toBeUndefined();
    expect(errorText(error, russian, ['password'])).toBe('Есть ошибки в полях.');
    expect(errorText(error, russian)).toBe('Есть ошибки в полях. пароль: слишком коротко.');
  });
});
