//! Towns of Russia with what an address, a passport and a telephone need.

/// A town.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Subject of the federation.
    pub region: &'static str,
    /// The town.
    pub city: &'static str,
    /// IANA zone.
    pub zone: &'static str,
    /// First three digits of postcodes.
    pub postcode_prefix: u32,
    /// First two digits of passports issued there.
    pub passport_region: u32,
    /// Telephone code of the town.
    pub area_code: u32,
}

const fn place(
    region: &'static str,
    city: &'static str,
    zone: &'static str,
    postcode_prefix: u32,
    passport_region: u32,
    area_code: u32,
) -> Place {
    Place { region, city, zone, postcode_prefix, passport_region, area_code }
}

/// Towns in eleven time zones.
pub(super) const PLACES: &[Place] = &[
    place("Москва", "Москва", "Europe/Moscow", 117, 45, 495),
    place("Москва", "Москва", "Europe/Moscow", 125, 45, 499),
    place("Московская область", "Подольск", "Europe/Moscow", 142, 46, 496),
    place("Санкт-Петербург", "Санкт-Петербург", "Europe/Moscow", 190, 40, 812),
    place("Калининградская область", "Калининград", "Europe/Kaliningrad", 236, 27, 4012),
    place("Тверская область", "Тверь", "Europe/Moscow", 170, 28, 4822),
    place("Воронежская область", "Воронеж", "Europe/Moscow", 394, 20, 473),
    place("Нижегородская область", "Нижний Новгород", "Europe/Moscow", 603, 22, 831),
    place("Краснодарский край", "Краснодар", "Europe/Moscow", 350, 3, 861),
    place("Ростовская область", "Ростов-на-Дону", "Europe/Moscow", 344, 60, 863),
    place("Волгоградская область", "Волгоград", "Europe/Volgograd", 400, 18, 8442),
    place("Республика Татарстан", "Казань", "Europe/Moscow", 420, 92, 843),
    place("Саратовская область", "Саратов", "Europe/Saratov", 410, 63, 8452),
    place("Самарская область", "Самара", "Europe/Samara", 443, 36, 846),
    place("Удмуртская Республика", "Ижевск", "Europe/Samara", 426, 94, 3412),
    place("Пермский край", "Пермь", "Asia/Yekaterinburg", 614, 57, 342),
    place("Свердловская область", "Екатеринбург", "Asia/Yekaterinburg", 620, 65, 343),
    place("Республика Башкортостан", "Уфа", "Asia/Yekaterinburg", 450, 80, 347),
    place("Челябинская область", "Челябинск", "Asia/Yekaterinburg", 454, 75, 351),
    place("Омская область", "Омск", "Asia/Omsk", 644, 52, 3812),
    place("Новосибирская область", "Новосибирск", "Asia/Novosibirsk", 630, 50, 383),
    place("Красноярский край", "Красноярск", "Asia/Krasnoyarsk", 660, 4, 391),
    place("Иркутская область", "Иркутск", "Asia/Irkutsk", 664, 25, 3952),
    place("Республика Саха (Якутия)", "Якутск", "Asia/Yakutsk", 677, 98, 4112),
    place("Приморский край", "Владивосток", "Asia/Vladivostok", 690, 5, 423),
    place("Магаданская область", "Магадан", "Asia/Magadan", 685, 44, 4132),
    place("Камчатский край", "Петропавловск-Камчатский", "Asia/Kamchatka", 683, 30, 4152),
];

/// Streets that every town has.
pub(super) const STREETS: &[&str] = &[
    "ул. Ленина",
    "ул. Советская",
    "ул. Мира",
    "ул. Гагарина",
    "пр-т Победы",
    "ул. Садовая",
    "ул. Лесная",
    "ул. Молодёжная",
    "ул. Набережная",
    "ул. Пушкина",
    "ул. Чехова",
    "ул. Комсомольская",
    "ул. Зелёная",
    "ул. Школьная",
    "пер. Речной",
    "б-р Строителей",
    "ул. Островского",
    "ул. Кирова",
    "ул. Некрасова",
    "ш. Энтузиастов",
];
