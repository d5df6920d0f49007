export const call = {
  call: {
    state: { queued: 'В очереди', ringing: 'Звонит', talking: 'Разговор', held: 'На удержании', wrap_up: 'Пост-обработка', finished: 'Завершён' },
    direction: { inbound: 'входящий', outbound: 'исходящий', internal: 'внутренний' },
    result: { answered: 'отвечен', no_answer: 'не ответили', busy: 'занято', abandoned: 'не дождались', queue_timeout: 'вышло время очереди', failed: 'сбой', rejected: 'отклонён' },
    hold: 'Удержать', resume: 'Вернуть', hand_over: 'Передать', take_back: 'Вернуть клиента', consulting: 'Разговор с {{extension}}, клиент ждёт',
    no_number: 'Номер скрыт', queue: 'очередь «{{queue}}»', by_hand: 'карточка вручную', ivr: 'IVR: {{facts}}', transfer: 'Перевод', hangup: 'Завершить', anonymous: 'Анонимный звонок',
    change_client: 'Другой клиент', number: '№\u00a0{{number}}', region: 'Звонок', actions: 'Действия со звонком', calling: 'Набираем номер: карточка появится, когда АТС начнёт вызов.', dial: 'Позвонить на {{number}}',
  },
  ivr_key: { contract: 'договор', loan: 'договор', account: 'счёт', card: 'карта', inn: 'ИНН', phone: 'телефон', menu: 'меню', language: 'язык', client: 'клиент', birth_date: 'дата рождения', choice: 'выбор' },
  command: { dial: 'Позвонить не удалось.', hangup: 'Завершить не удалось.', transfer: 'Перевод не удался.', end_transfer: 'Передать клиента не удалось.', hold: 'Удержать не удалось.', resume: 'Снять с удержания не удалось.' },
  command_reason: {
    agent_no_answer: 'Ваш телефон не ответил: снимите трубку, когда он зазвонит.', agent_busy: 'Ваш телефон занят.', bad_endpoint: 'АТС не знает вашего добавочного: скажите администратору.', pbx_down: 'Связи с АТС нет.', refused: 'АТС отказала.', no_such_call: 'У АТС этого разговора уже нет.',
    not_supported: 'Эта АТС так не умеет.', unanswered: 'АТС не отвечает: посмотрите, получилось ли, и повторите.', no_answer: 'Не ответили. Клиент у вас.', busy: 'Занято. Клиент у вас.', rejected: 'Отказались принять. Клиент у вас.', failed: 'Не дозвонились. Клиент у вас.', other: 'АТС говорит:',
  },
  by_hand: {
    title: 'Карточка звонка вручную', why: 'Когда телефония не сообщает о звонке. Карточка, проверка личности и итог работают как обычно.', direction: 'Направление', number: 'Номер собеседника', make: 'Завести карточку',
  },
  idle: {
    title_ready: 'Вы готовы. Следующий звонок откроется здесь сам.', title_not_ready: 'Звонки к вам не идут. Нажмите F2, когда будете готовы.', title_offline: 'Вы не на линии. Нажмите F2, чтобы принимать звонки.',
    title_busy: 'Звонок начинается.', recent: 'Ваши последние звонки', recent_empty: 'Здесь будут звонки, которые вы приняли сегодня и раньше.', find: 'Найти клиента', ready: 'Готов', by_hand: 'Карточка вручную',
  },
  candidates: {
    title: 'С этим номером несколько клиентов', hint: 'Спросите имя и выберите: стрелки и Enter.', loans_one: '{{count}} заём', loans_few: '{{count}} займа', loans_many: '{{count}} займов', loans_other: '{{count}} займа',
    overdue: 'есть просрочка', none_of_them: 'Никто из них', no_loans: 'займов нет',
  },
  find: {
    title: 'Номер не знаком. Найдите клиента', title_choose: 'Найдите клиента', prospect: 'Новый клиент', anonymous: 'Без клиента', nothing: 'Никого не нашли. Можно завести нового клиента из набранного или продолжить без клиента.',
    start: 'Наберите в любом поле: совпадения появятся ниже.',
    field: { phone: 'Телефон', name: 'Имя', document: 'Паспорт, документ', loan_number: 'Договор', account: 'Счёт', ogrn: 'ОГРН', inn: 'ИНН', snils: 'СНИЛС', card_number: 'Номер карточки', email: 'Почта' },
  },
  prospect: { title: 'Новый клиент', save: 'Завести и открыть', duplicates: 'Похожие клиенты уже есть', take: 'Это он', anyway: 'Всё равно завести нового', hard: 'Такой клиент уже есть: откройте его карточку.' },
  identify: {
    no_code_word: 'Кодового слова нет, выше уровня 2 не подняться. Менять анкету можно; договоритесь о слове.',
    title: 'Проверка личности', need: 'нужен L{{level}}', one_of: 'И одно из', wrong: 'не совпало', confirmed: 'совпало', check: 'Проверить',
    attempts_one: 'осталась {{count}} попытка', attempts_few: 'осталось {{count}} попытки', attempts_many: 'осталось {{count}} попыток', attempts_other: 'осталось {{count}} попытки',
    locked: 'Проверка закрыта до конца дня. Говорите только об общих вопросах.', locked_until: 'до {{time}}', type_something: 'Наберите хотя бы один ответ.', bad_date: 'Такой даты нет. Пример: 15.03.1985', more: 'Подтвердить выше',
    short: { full_name: 'ФИО', birth_date: 'дата рождения', passport_last4: 'паспорт', code_word: 'кодовое слово', address: 'адрес', contract_number: 'договор' },
    field: { full_name: 'Фамилия, имя, отчество', birth_date: 'Дата рождения', passport_last4: 'Последние 4 цифры паспорта', code_word: 'Кодовое слово', address: 'Адрес', contract_number: 'Номер договора' },
  },
  wrap: {
    title: 'О чём был звонок', topic: 'Тема', topic_search: 'Найти тему', topics_chosen: 'Выбранные темы', topics_empty: 'Тем пока нет: их заводит администратор.', topics_nothing: 'Такой темы нет. Наберите другое слово.', hint: 'Подсказка', links: 'Статьи',
    opening: 'Сказано в начале', opening_name: 'Кто звонит', opening_creditor: 'От кого: {{creditor}}', opening_creditor_plain: 'От чьего имени', opening_recorded: 'Разговор записывается',
    comment: 'Комментарий', comment_placeholder: 'Что спросили, что ответили', disposition: 'Результат', disposition_placeholder: 'Выберите результат', finish: 'Завершить карточку', saved: 'черновик сохранён', need_topic: 'Выберите тему', need_disposition: 'Выберите результат',
    need_comment_one: 'Нужен комментарий: хотя бы {{count}} знак', need_comment_few: 'Нужен комментарий: хотя бы {{count}} знака', need_comment_many: 'Нужен комментарий: хотя бы {{count}} знаков', need_comment_other: 'Нужен комментарий: хотя бы {{count}} знака',
    need_opening: 'Отметьте, что было сказано', after_hangup: 'Завершить карточку можно после разговора.', done: 'Карточка завершена. Нажмите F2, когда будете готовы.', remove_topic: 'Убрать тему {{topic}}', consulted: 'открыто',
  },
  disposition: {
    info_given: 'Ответ дан', right_party: 'Говорили с самим клиентом', third_party: 'Говорили с другим человеком', wrong_number: 'Не тот номер', language: 'Не понимаем языка', call_back: 'Просит перезвонить', ptp: 'Обещал заплатить', refuses: 'Отказывается платить',
    disputes: 'Не согласен с долгом', paid_already: 'Уже заплатил', hardship: 'Тяжёлое положение', deceased: 'Клиент умер', bankrupt: 'Банкротство', complaint: 'Жалоба', refused_identification: 'Отказался от проверки', no_answer: 'Не ответил', busy: 'Занято', dropped: 'Разговор оборвался',
  },
  transfer: { talk_first: 'Сначала поговорить с тем, кому перевожу', asked: 'Вызываем коллегу: клиент ждёт.', title: 'Перевести звонок', to: 'Кому', operator: 'Оператору', extension: 'На добавочный', queue: 'В очередь', queue_name: 'Название очереди', extension_number: 'Добавочный', make: 'Перевести', nobody: 'Других операторов на линии нет.', done: 'Звонок переводится' },
  calls: {
    title: 'Звонки', live: 'Идут сейчас', mine: 'Мои', all: 'Все', empty_live: 'Здесь появятся звонки, которые идут прямо сейчас.', empty: 'Звонков за этот день нет.', day: 'День',
    col: { time: 'Время', who: 'Собеседник', direction: 'Вид', operator: 'Оператор', state: 'Состояние', topic: 'Тема', result: 'Итог', talk: 'Разговор', number: '№', wait: 'Ожидание' },
    detail: 'Звонок {{number}}', pick: 'Выберите звонок: здесь будут его ход, темы и комментарий.', events: 'Ход звонка', participants: 'Кто говорил', correct: 'Исправить итог', correct_title: 'Исправить итог звонка', correct_note: 'Прежний итог останется виден.',
    corrections: 'Исправления', was: 'было', open_client: 'Открыть клиента', recording: 'Запись разговора', comment_none: 'без комментария', today: 'Сегодня', client: 'Клиент', first: 'принял', transfer: 'по переводу', closed_level: 'уровень {{level}}',
    event: { queue_entered: 'вошёл в очередь', ringing: 'вызов', answered: 'ответ', held: 'удержание', resumed: 'снят с удержания', transferred: 'перевод', queue_left: 'вышел из очереди', dtmf: 'набор', recording: 'запись', ended: 'конец' },
  },
  floor: {
    title: 'Зал', operators: 'Операторы', empty: 'Операторов пока нет. Они появятся здесь, когда администратор заведёт их и они войдут.', live: 'Звонки сейчас', no_live: 'Сейчас никто не говорит.', col: { name: 'Имя', extension: 'Доб.', state: 'Состояние', in_state: 'В нём', missed: 'Пропущено сегодня' }, waiting: 'Ждут в очереди',
  },
};
