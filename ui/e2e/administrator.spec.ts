import { expect, signIn, test } from './box';

test.beforeEach(async ({ page, box }) => { await signIn(page, box, 'administrator'); });

test('a person is created, can sign in, and is closed', async ({ page, box, browser }) => {
  await page.goto(`${box.announced.address}/admin/users`);
  await page.getByRole('button', { name: 'Новый сотрудник' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('[name=name]').fill('Новикова Нина');
  await dialog.locator('[name=login]').fill('nina');
  await dialog.locator('[name=extension]').fill('177');
  await dialog.getByRole('button', { name: 'Придумать' }).click();
  const password = await dialog.locator('[name=new_password]').inputValue();
  await dialog.getByRole('button', { name: 'Создать' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Новикова Нина' })).toBeVisible();

  const hers = await browser.newPage({ locale: 'ru-RU' });
  await hers.goto(box.announced.address);
  await hers.locator('[name=login]').fill('nina');
  await hers.locator('[name=password]').fill(password);
  await hers.keyboard.press('Enter');
  await expect(hers.getByRole('link', { name: 'Рабочее место' })).toBeVisible();
  await expect(hers.getByRole('link', { name: 'Администрирование' })).toHaveCount(0);
  await hers.close();

  await page.getByRole('row').filter({ hasText: 'Новикова Нина' }).click();
  await page.getByRole('button', { name: 'Закрыть вход' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Новикова Нина' })).toContainText('закрыт');
  // A slip is taken back where it was made.
  await page.getByRole('button', { name: 'Открыть вход снова' }).click();
  await expect(page.getByRole('row').filter({ hasText: 'Новикова Нина' })).toContainText('открыт');
});

test('a topic is created, changed, put back, removed and restored', async ({ page, box }) => {
  await page.goto(`${box.announced.address}/admin/topics`);
  await page.getByRole('button', { name: 'Новая тема' }).click();
  await page.locator('[name=title_ru]').fill('Потерянная карта');
  await page.getByRole('button', { name: 'Сохранить' }).click();
  const entry = page.getByRole('button', { name: 'Потерянная карта' });
  await expect(entry).toBeVisible();
  await page.locator('[name=title_ru]').fill('Утерянная карта');
  await page.getByRole('button', { name: 'Сохранить' }).click();
  await expect(page.getByRole('button', { name: 'Утерянная карта' })).toBeVisible();
  await page.getByRole('button', { name: 'Изменения' }).click();
  await page.getByRole('button', { name: 'Вернуть эту версию' }).first().click();
  await expect(entry).toBeVisible();
  await page.getByRole('button', { name: 'Убрать', exact: true }).click();
  await expect(entry).toHaveCount(0);
  await page.getByLabel('Показать убранные').check();
  await entry.click();
  await page.getByRole('button', { name: 'Вернуть', exact: true }).click();
  await page.getByLabel('Показать убранные').uncheck();
  await expect(entry).toBeVisible();
});

test('a product is created with its terms, corrected, put back and removed', async ({ page, box }) => {
  await page.goto(`${box.announced.address}/admin/products`);
  await page.getByRole('button', { name: 'Новый продукт' }).click();
  await page.locator('[name=title_ru]').fill('Заём на неделю');
  await page.locator('[name=rate_percent]').fill('0,8');
  await page.locator('[name=fee_at_payout]').fill('много');
  await page.locator('[name=notice_days]').fill('400');
  await page.getByRole('button', { name: 'Сохранить' }).click();
  // Each fault stands beside its field, both at once.
  await expect(page.locator('[name=fee_at_payout]')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('[name=notice_days]')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('[name=rate_percent]')).not.toHaveAttribute('aria-invalid', 'true');
  await page.locator('[name=fee_at_payout]').fill('1 500,00');
  await page.locator('[name=notice_days]').fill('5');
  await page.getByRole('combobox', { name: 'Ставка', exact: true }).click();
  await page.getByRole('option', { name: 'в день' }).click();
  await page.getByRole('button', { name: 'Сохранить' }).click();
  const entry = page.getByRole('button', { name: /Заём на неделю/ });
  await expect(entry).toContainText('здесь');
  await expect(page.locator('[name=fee_at_payout]')).toHaveValue('1500.00');
  await page.locator('[name=title_ru]').fill('Заём на десять дней');
  await page.getByRole('button', { name: 'Сохранить' }).click();
  await expect(page.getByRole('button', { name: /Заём на десять дней/ })).toBeVisible();
  await page.getByRole('button', { name: 'Изменения' }).click();
  await page.getByRole('button', { name: 'Вернуть эту версию' }).first().click();
  await expect(entry).toBeVisible();
  await page.getByRole('button', { name: 'Убрать', exact: true }).click();
  await expect(entry).toHaveCount(0);
  await page.getByLabel('Показать убранные').check();
  await entry.click();
  await page.getByRole('button', { name: 'Вернуть', exact: true }).click();
  await page.getByLabel('Показать убранные').uncheck();
  await expect(entry).toBeVisible();
});

test('a file is checked, tried and loaded; bad rows come back with their reason', async ({ page, box }) => {
  await page.goto(`${box.announced.address}/admin/imports`);
  await page.getByLabel('Соответствие столбцов').first().click();
  await page.getByRole('option', { name: '1c-clients' }).click();
  const head = 'Код;Наименование;ДатаРождения;Пол;Телефон';
  const rows = ['К-9001;Загрузкин Захар Захарович;12.04.1979;М;8 916 555-01-01', 'К-9002;Загрузкина Зоя Ивановна;31.02.1990;Ж;8 916 555-01-02'];
  await page.locator('input[type=file]').setInputFiles({ name: 'клиенты.csv', mimeType: 'text/csv', buffer: Buffer.from([head, ...rows, ''].join('\r\n')) });
  await page.getByRole('button', { name: 'Проверить первые строки' }).click();
  await expect(page.getByRole('status').filter({ hasText: '1 строка с ошибками' })).toBeVisible();
  await page.getByLabel('Пробный прогон').uncheck();
  await page.getByRole('button', { name: 'Загрузить', exact: true }).click();
  const row = page.getByRole('row').filter({ hasText: 'клиенты.csv' }).first();
  await expect(row).toContainText('закончена', { timeout: 30_000 });
  await row.getByRole('button', { name: '1 отклонённая строка' }).click();
  const rejects = page.getByRole('dialog');
  await expect(rejects.getByRole('row').nth(1)).toContainText('дата рождения');
  await expect(rejects).toContainText('показана 1 отклонённая строка из 1');
  const file = await rejects.getByRole('link', { name: 'Сохранить весь список' }).getAttribute('href');
  const saved = await page.request.get(new URL(file ?? '', box.announced.address).href);
  expect(await saved.text()).toContain('birth_date;invalid_date;');
  expect(decodeURIComponent(saved.headers()['content-disposition'] ?? '')).toContain('клиенты-rejects.csv');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+KeyK');
  await page.keyboard.type('Загрузкин');
  await expect(page.getByRole('option', { name: /Загрузкин/ }).first()).toBeVisible();
});

test('a backup is taken and checked', async ({ page, box }) => {
  await page.goto(`${box.announced.address}/admin/backups`);
  await page.getByRole('button', { name: 'Сделать копию' }).click();
  const row = page.getByRole('row').nth(1);
  await expect(row).toContainText('не проверена', { timeout: 30_000 });
  await row.getByRole('button', { name: 'Проверить' }).click();
  await expect(row).not.toContainText('не проверена', { timeout: 30_000 });
});

test('a token is shown once', async ({ page, box }) => {
  await page.goto(`${box.announced.address}/admin/tokens`);
  await page.getByRole('button', { name: 'Новый ключ' }).click();
  await page.getByRole('dialog').locator('[name=name]').fill('Кабинет');
  await page.getByRole('dialog').getByRole('button', { name: 'Создать' }).click();
  const secret = await page.getByTestId('token').textContent();
  expect(secret?.length ?? 0).toBeGreaterThan(20);
  await page.getByRole('dialog').getByRole('button', { name: 'Закрыть' }).last().click();
  await expect(page.getByRole('row').filter({ hasText: 'Кабинет' })).toBeVisible();
  await expect(page.locator('body')).not.toContainText(secret ?? 'nothing');
});

test('the PBX page rings a trial call and the recorder keeps it', async ({ page, box }) => {
  await page.goto(`${box.announced.address}/admin/pbx`);
  await page.locator('[name=extension]').fill(box.login('collector').extension);
  await page.locator('[name=number]').fill(box.announced.sample_phone);
  await page.getByRole('button', { name: 'Позвонить' }).click();
  await expect(page.getByText('Событие отправлено')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'принято' }).first()).toBeVisible({ timeout: 20_000 });
});
